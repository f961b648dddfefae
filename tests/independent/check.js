/**
 * Digital Bazaar's verifier on what this product issued, and this product's verifier on what that stack issues.
 *
 * `node check.js WORK`, where `make.py` wrote WORK/ours.json before, and reads WORK/theirs.json afterwards.
 */

import { readFileSync, writeFileSync } from 'node:fs';
import { DataIntegrityProof } from '@digitalbazaar/data-integrity';
import * as EcdsaMultikey from '@digitalbazaar/ecdsa-multikey';
import * as Ed25519Multikey from '@digitalbazaar/ed25519-multikey';
import * as ecdsaJcs from '@digitalbazaar/ecdsa-jcs-2019-cryptosuite';
import { cryptosuite as ecdsaRdfc } from '@digitalbazaar/ecdsa-rdfc-2019-cryptosuite';
import * as eddsaJcs from '@digitalbazaar/eddsa-jcs-2022-cryptosuite';
import { cryptosuite as eddsaRdfc } from '@digitalbazaar/eddsa-rdfc-2022-cryptosuite';
import * as vc from '@digitalbazaar/vc';
import { checkStatus } from '@digitalbazaar/vc-bitstring-status-list';
import { importJWK, jwtVerify } from 'jose';

const folder = process.argv[2];
const ours = JSON.parse(readFileSync(`${folder}/ours.json`, 'utf8'));
let failures = 0;

/** Documents at hand: nothing is fetched. */
const documents = new Map(Object.entries(ours.documents));

async function documentLoader(url) {
  if (url.startsWith('did:key:')) {
    const [did, fragment] = url.split('#');
    const key = { '@context': 'https://w3id.org/security/multikey/v1', id: `${did}#${did.slice(8)}`, type: 'Multikey', controller: did, publicKeyMultibase: did.slice(8) };
    const document = fragment ? key : { '@context': ['https://www.w3.org/ns/did/v1'], id: did, verificationMethod: [key], assertionMethod: [key.id], authentication: [key.id] };
    return { contextUrl: null, documentUrl: url, document };
  }
  const document = documents.get(url);
  if (!document) throw new Error(`not at hand: ${url}`);
  return { contextUrl: null, documentUrl: url, document };
}

const SUITES = {
  'ecdsa-jcs-2019': { verify: ecdsaJcs.createVerifyCryptosuite(), sign: ecdsaJcs.createSignCryptosuite() },
  'ecdsa-rdfc-2019': { verify: ecdsaRdfc, sign: ecdsaRdfc },
  'eddsa-jcs-2022': { verify: eddsaJcs.createVerifyCryptosuite(), sign: eddsaJcs.createSignCryptosuite() },
  'eddsa-rdfc-2022': { verify: eddsaRdfc, sign: eddsaRdfc },
};

function report(name, expected, found, why = '') {
  const agrees = expected === found;
  if (!agrees) failures += 1;
  console.log(`${agrees ? 'agrees ' : 'DIFFERS'}  ${name}: ${found ? 'verified' : 'refused'}${agrees ? '' : `  ${why}`}`);
}

async function verifyTheirWay(name, credential, expected, now) {
  const proofs = [credential.proof].flat();
  for (const proof of proofs) {
    const suite = new DataIntegrityProof({ cryptosuite: SUITES[proof.cryptosuite].verify });
    const result = await vc.verifyCredential({
      credential: { ...credential, proof }, suite, documentLoader, now: new Date(now),
      checkStatus: credential.credentialStatus ? (given) => statusOf({ ...given, now: new Date(now) }) : undefined,
    });
    const status = [result.statusResult?.results ?? []].flat().map((one) => one.error?.message ?? '').join(' ');
    report(`${name}, ${proof.cryptosuite}`, expected, result.verified === true,
      `${JSON.stringify(result.error?.errors?.map((one) => one.message) ?? result.error?.message)} ${status}`);
  }
}

/** The list is verified under its own suite: JCS, one proof of its set. */
async function statusOf({ credential, now }) {
  const entries = [credential.credentialStatus].flat();
  const results = [];
  for (const entry of entries) {
    const one = { ...credential, credentialStatus: entry };
    const list = documents.get(entry.statusListCredential);
    const proof = [list.proof].flat()[0];
    const loader = async (url) => (url === entry.statusListCredential
      ? { contextUrl: null, documentUrl: url, document: { ...list, proof } }
      : documentLoader(url));
    const suite = new DataIntegrityProof({ cryptosuite: SUITES[proof.cryptosuite].verify });
    results.push(await checkStatus({
      credential: one, suite, documentLoader: loader, verifyBitstringStatusListCredential: true, verifyMatchingIssuers: true, now,
    }));
  }
  // `verified` says that the list holds; whether the bit is set stands in `status` of each result
  const isSet = results.some((one) => one.results.some(({ status }) => status));
  return { verified: results.every((one) => one.verified) && !isSet, results };
}

for (const { name, credential, expected } of ours.credentials) await verifyTheirWay(name, credential, expected, ours.now);
for (const { name, token, jwk, expected } of ours.tokens) {
  let found = true;
  let why = '';
  try {
    await jwtVerify(token, await importJWK(jwk, 'ES256'), { algorithms: ['ES256'], typ: 'vc+jwt', currentDate: new Date(ours.now) });
  } catch (error) {
    found = false;
    why = error.message;
  }
  report(`${name}, vc+jwt`, expected, found, why);
}

/** What their stack issues, for `judge.py`. */
const issued = [];
for (const [suiteName, curve] of [['ecdsa-jcs-2019', 'P-256'], ['ecdsa-rdfc-2019', 'P-256'], ['ecdsa-jcs-2019', 'P-384'], ['eddsa-jcs-2022', null], ['eddsa-rdfc-2022', null]]) {
  const keyPair = curve ? await EcdsaMultikey.generate({ curve }) : await Ed25519Multikey.generate();
  const did = `did:key:${keyPair.publicKeyMultibase}`;
  keyPair.id = `${did}#${keyPair.publicKeyMultibase}`;
  keyPair.controller = did;
  const suite = new DataIntegrityProof({ signer: keyPair.signer(), cryptosuite: SUITES[suiteName].sign, date: ours.now });
  const credential = {
    '@context': ['https://www.w3.org/ns/credentials/v2'],
    id: 'urn:uuid:2c5f4a0e-27a3-4f4f-9f6d-0a9f4c7c3f11',
    type: ['VerifiableCredential'],
    issuer: did,
    validFrom: '2026-11-20T08:00:00Z',
    credentialSubject: { id: 'did:example:subject', name: [{ '@value': 'Batterie', '@language': 'de' }] },
  };
  issued.push({ name: `${suiteName}, ${curve ?? 'Ed25519'}`, credential: await vc.issue({ credential, suite, documentLoader }) });
}
writeFileSync(`${folder}/theirs.json`, JSON.stringify(issued, null, 1));
process.exitCode = failures ? 1 : 0;
