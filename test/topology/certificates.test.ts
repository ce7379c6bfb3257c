import { createPrivateKey, X509Certificate } from 'node:crypto';
import { connect, createServer } from 'node:tls';
import { expect, test } from 'vitest';
import { makeCertificates } from '../../lab/topology/certificates.ts';
import { makeSecrets } from '../../lab/topology/secrets.ts';

const { ca, hosts } = await makeCertificates(['pg1', 'repo']);
const ofHost = (host: string) => {
  const own = hosts[host];
  if (!own) throw new Error(`no certificate for ${host}`);
  return { ...own, x509: new X509Certificate(own.certificate) };
};

test('every host has a certificate of its own, signed by the lab’s authority', () => {
  const authority = new X509Certificate(ca);
  expect(authority.ca).toBe(true);
  expect(authority.verify(authority.publicKey)).toBe(true);
  for (const host of ['pg1', 'repo']) {
    const { x509, key } = ofHost(host);
    expect(x509.subject).toBe(`CN=${host}`);
    expect(x509.checkHost(host)).toBe(host);
    expect(x509.checkIssued(authority)).toBe(true);
    expect(x509.verify(authority.publicKey)).toBe(true);
    expect(x509.checkPrivateKey(createPrivateKey(key))).toBe(true);
    expect(x509.ca).toBe(false);
  }
  expect(ofHost('pg1').x509.serialNumber).not.toBe(ofHost('repo').x509.serialNumber);
});

test('they are valid already and for years', () => {
  const { x509 } = ofHost('pg1');
  const hour = 3_600_000;
  expect(Date.parse(x509.validFrom)).toBeLessThan(Date.now() - 23 * hour);
  expect(Date.parse(x509.validTo)).toBeGreaterThan(Date.now() + 9 * 365 * 24 * hour);
});

test('dates past 2049 are written as X.509 wants them', async () => {
  const late = (await makeCertificates(['pg1'], Date.UTC(2045, 0, 1))).hosts.pg1;
  expect(new X509Certificate(late?.certificate ?? '').validTo).toMatch(/2054 GMT$/);
});

test('they carry a mutual TLS connection, by name', async () => {
  const [server, client] = [ofHost('repo'), ofHost('pg1')];
  const listening = createServer({ ca, cert: server.certificate, key: server.key, requestCert: true, rejectUnauthorized: true });
  const met = new Promise<string>((resolve, reject) => {
    listening.on('secureConnection', (socket) => {
      resolve(String(socket.getPeerCertificate().subject.CN));
      socket.end();
    });
    listening.on('tlsClientError', reject);
    listening.listen(0, '127.0.0.1', () => {
      const address = listening.address();
      const port = typeof address === 'object' && address ? address.port : 0;
      connect({ host: '127.0.0.1', port, servername: 'repo', ca, cert: client.certificate, key: client.key }).on('error', reject).resume();
    });
  });
  await expect(met.finally(() => listening.close())).resolves.toBe('pg1');
});

test('secrets are long, safe anywhere, and never the same', () => {
  const made = Array.from({ length: 200 }, () => Object.values(makeSecrets())).flat();
  expect(new Set(made).size).toBe(600);
  for (const secret of made) expect(secret).toMatch(/^[A-Za-z0-9_][A-Za-z0-9_-]{19}$/);
});
