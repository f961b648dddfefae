/* Runs in the page that benchmarks/browser.py opens: elapsed ms of each verification, in turns. */
async ({ section, many, subject, rounds }) => {
  const from = (path) => import(`/static/js/${path}.js`);
  const bytesOf = async (path) => new Uint8Array(await (await fetch(path)).arrayBuffer());
  const parsed = (bytes) => JSON.parse(new TextDecoder().decode(bytes));

  const [{ verify }, { verifyProof }, { loads }, trust, schema, { canonicalize }] = await Promise.all([
    from('core/verification'), from('core/proof'), from('core/json-strict'), from('core/trust-list'),
    from('core/schema'), from('services/canonicalizing')]);
  const { canonicalizer } = await from('workers/canonicalize');
  const { parseRoot } = await from('core/trust-root');
  const { CONTEXT_COPIES } = await from('core/contexts');
  const onThisThread = canonicalizer(Object.fromEntries(await Promise.all(
    CONTEXT_COPIES.map(async ({ url, path }) => [url, parsed(await bytesOf(path))]))));

  const [bytes, root, list] = await Promise.all(
    [section, '/trust/root.json', '/trust/list.json'].map(bytesOf));
  const document = loads(bytes);
  const manyNodes = JSON.parse(many);
  const statusLists = new Map(await Promise.all([document.credentialStatus].flat().map(async (entry) =>
    [entry.statusListCredential, await bytesOf(new URL(entry.statusListCredential).pathname)])));
  const schemaUrl = [document.credentialSchema].flat()[0].id;
  const schemaBytes = await bytesOf(`/schema/${schemaUrl.split('/schema/')[1]}`);
  const now = Date.now();
  const trustList = await trust.parseTrustList(list, parseRoot(root), now);
  const method = document.proof[0].verificationMethod;
  const { publicKey } = [...trustList.issuers.values()][0].keys.get(method);
  const policy = {
    trustList, trustListFetchedAt: now, statusLists, canonicalize: null,
    schemaValidator: (_url, unsecured) => schema.validate(unsecured, parsed(schemaBytes)).map(({ pointer }) => pointer),
  };

  const pair = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign', 'verify']);
  const algorithm = { name: 'ECDSA', hash: 'SHA-256' };
  const data = new Uint8Array(64);
  const signature = await crypto.subtle.sign(algorithm, pair.privateKey, data);

  const report = async () => {
    const found = await verify(bytes, policy, { now, expectedSubject: subject });
    if (found.verdict !== 'valid') throw new Error(JSON.stringify(found.checks));
  };
  const rdfc = (credential, how) => () => verifyProof(credential, credential.proof[1], publicKey, how);
  const contenders = {
    floor: [() => crypto.subtle.verify(algorithm, pair.publicKey, signature, data), 100],
    jcs: [() => verifyProof(document, document.proof[0], publicKey), 30],
    report: [report, 5],
    rdfcWorker: [rdfc(document, canonicalize), 1],
    rdfcHere: [rdfc(document, onThisThread), 1],
    manyWorker: [rdfc(manyNodes, canonicalize), 1],
    manyHere: [rdfc(manyNodes, onThisThread), 1],
  };
  const timed = async ([call, times]) => {
    const begun = performance.now();
    for (let turn = 0; turn < times; turn += 1) await call();
    return (performance.now() - begun) / times / 1000;
  };
  const first = {};
  const costs = Object.fromEntries(Object.keys(contenders).map((name) => [name, []]));
  for (const name of ['report', 'jcs', 'rdfcWorker', 'floor']) first[name] = await timed([contenders[name][0], 1]);
  for (let round = 0; round <= rounds; round += 1) {
    for (const [name, contender] of Object.entries(contenders)) {
      const cost = await timed(contender);
      if (round) costs[name].push(cost);
    }
  }
  return { first, costs };
}
