# Sourced by the Makefile: quiet, no telemetry, no hub.
export RASA_TELEMETRY_ENABLED=false
export SQLALCHEMY_SILENCE_UBER_WARNING=1
export TF_CPP_MIN_LOG_LEVEL=3
export CUDA_VISIBLE_DEVICES=-1
export HF_HUB_OFFLINE=1
export TRANSFORMERS_OFFLINE=1
export TOKENIZERS_PARALLELISM=false
export PYTHONWARNINGS=ignore
export PYTHONPATH=${PYTHONPATH:-.}
# Rasa and numpy would each take all cores for matrices of one row.
export OMP_NUM_THREADS=${OMP_NUM_THREADS:-2}
# Behind a company's proxy only the system knows the authority that signs.
system_certificates=/etc/ssl/certs/ca-certificates.crt
if [ -f "$system_certificates" ]; then
    export SSL_CERT_FILE=${SSL_CERT_FILE:-$system_certificates}
fi
