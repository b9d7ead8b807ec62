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
# numpy would share matrices of a few rows among threads that wait for each other: on two busy cores
# such a product takes 3 ms instead of 0.005.
export OMP_NUM_THREADS=${OMP_NUM_THREADS:-1}
# Behind a company's proxy only the system knows the authority that signs.
system_certificates=/etc/ssl/certs/ca-certificates.crt
if [ -f "$system_certificates" ]; then
    export SSL_CERT_FILE=${SSL_CERT_FILE:-$system_certificates}
fi
