/**
 * The lab's own certificate authority and one certificate per host, for pgBackRest's mutual TLS. The library takes a moment
 * to load: import this only where a lab is made.
 */
import { generate } from 'selfsigned';
import type { HostName } from './blueprint.ts';

export interface Certificates {
  /** PEM of the authority's certificate; its key is thrown away. */
  readonly ca: string;
  readonly hosts: Readonly<Record<HostName, { readonly certificate: string; readonly key: string }>>;
}

const day = 86_400_000;
/** Ten years: a kept lab must not stop working, and nothing outside the lab trusts the authority. */
const validFor = 3650 * day;
/** Containers' clocks may be a little behind this machine's where the engine runs in a virtual machine. */
const validSince = day;

/** Certificates for `hosts` (EC P-256): common name and DNS name are the host's, good for servers and clients. */
export async function makeCertificates(hosts: readonly HostName[], now: number = Date.now()): Promise<Certificates> {
  const common = {
    keyType: 'ec',
    curve: 'P-256',
    algorithm: 'sha256',
    notBeforeDate: new Date(now - validSince),
    notAfterDate: new Date(now + validFor),
  } as const;
  const authority = await generate([{ name: 'commonName', value: 'pglab authority' }], {
    ...common,
    extensions: [
      { name: 'basicConstraints', cA: true, critical: true },
      { name: 'keyUsage', keyCertSign: true, cRLSign: true, critical: true },
    ],
  });
  const made = hosts.map(async (host) => {
    const own = await generate([{ name: 'commonName', value: host }], {
      ...common,
      ca: { key: authority.private, cert: authority.cert },
      extensions: [
        { name: 'basicConstraints', cA: false, critical: true },
        { name: 'keyUsage', digitalSignature: true, critical: true },
        { name: 'extKeyUsage', serverAuth: true, clientAuth: true },
        { name: 'subjectAltName', altNames: [{ type: 2, value: host }] },
      ],
    });
    return [host, { certificate: own.cert, key: own.private }] as const;
  });
  return { ca: authority.cert, hosts: Object.fromEntries(await Promise.all(made)) };
}
