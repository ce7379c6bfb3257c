/**
 * The lab's own certificate authority and one certificate per host, for pgBackRest's mutual TLS. Node can read X.509 but not
 * write it, so the few DER structures are put together here: 20 ms a lab, where the libraries take 200 to load.
 */

import type { KeyObject } from 'node:crypto';
import { createHash, generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import type { HostName } from './blueprint.ts';

export interface Certificates {
  /** PEM of the authority's certificate; its key is thrown away. */
  readonly ca: string;
  readonly hosts: Readonly<Record<HostName, { readonly certificate: string; readonly key: string }>>;
}

const day = 86_400_000;
/** Ten years: a kept lab or a snapshot must not stop working, and nothing outside the lab trusts the authority. */
const validFor = 3650 * day;
/** Containers' clocks may be a little behind this machine's where the engine runs in a virtual machine. */
const validSince = day;

/** Certificates for `hosts` (EC P-256): common name and DNS name are the host's, good for servers and clients. */
export function makeCertificates(hosts: readonly HostName[], now: number = Date.now()): Certificates {
  const authority = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const issuer = 'pglab authority';
  const validity = { from: new Date(now - validSince), to: new Date(now + validFor) };
  const authorityKey = keyIdentifier(authority.publicKey);
  const isAuthority = [
    extension(oids.subjectKeyIdentifier, false, der(0x04, authorityKey)),
    extension(oids.basicConstraints, true, sequence(boolean(true))),
    extension(oids.keyUsage, true, bits(0b0000_0110, 1)), // keyCertSign, cRLSign
  ];
  const ca = certificate({
    subject: issuer,
    issuer,
    publicKey: authority.publicKey,
    signer: authority.privateKey,
    validity,
    extensions: isAuthority,
  });
  const made = hosts.map((host) => {
    const own = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const extensions = [
      extension(oids.authorityKeyIdentifier, false, sequence(der(0x80, authorityKey))),
      extension(oids.basicConstraints, true, sequence()),
      extension(oids.keyUsage, true, bits(0b1000_0000, 7)), // digitalSignature
      extension(oids.extKeyUsage, false, sequence(oid(oids.serverAuth), oid(oids.clientAuth))),
      extension(oids.subjectAltName, false, sequence(der(0x82, Buffer.from(host, 'ascii')))),
    ];
    const pem = certificate({ subject: host, issuer, publicKey: own.publicKey, signer: authority.privateKey, validity, extensions });
    return [host, { certificate: pem, key: own.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString() }] as const;
  });
  return { ca, hosts: Object.fromEntries(made) };
}

interface CertificateBody {
  readonly subject: string;
  readonly issuer: string;
  readonly publicKey: KeyObject;
  readonly signer: KeyObject;
  readonly validity: { readonly from: Date; readonly to: Date };
  readonly extensions: readonly Buffer[];
}

/** RFC 5280, 4.1. */
function certificate(body: CertificateBody): string {
  const algorithm = sequence(oid(oids.ecdsaWithSha256));
  const serial = randomBytes(16);
  serial[0] = ((serial[0] ?? 0) & 0x3f) | 0x40; // positive, and no leading zero
  const toBeSigned = sequence(
    der(0xa0, integer(Buffer.of(2))), // version 3
    integer(serial),
    algorithm,
    name(body.issuer),
    sequence(time(body.validity.from), time(body.validity.to)),
    name(body.subject),
    body.publicKey.export({ type: 'spki', format: 'der' }),
    der(0xa3, sequence(...body.extensions)),
  );
  const signed = sequence(toBeSigned, algorithm, bitString(sign('sha256', toBeSigned, body.signer), 0));
  const lines = signed.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`;
}

/** Any digest of the key will do (RFC 5280, 4.2.1.2); strict verifiers, such as Python's, want one to be there. */
function keyIdentifier(key: KeyObject): Buffer {
  return createHash('sha256')
    .update(key.export({ type: 'spki', format: 'der' }))
    .digest()
    .subarray(0, 20);
}

/** Encoded object identifiers. */
const oids = {
  ecdsaWithSha256: '2a8648ce3d040302',
  commonName: '550403',
  basicConstraints: '551d13',
  subjectKeyIdentifier: '551d0e',
  authorityKeyIdentifier: '551d23',
  keyUsage: '551d0f',
  subjectAltName: '551d11',
  extKeyUsage: '551d25',
  serverAuth: '2b06010505070301',
  clientAuth: '2b06010505070302',
} as const;

function der(tag: number, ...contents: readonly Buffer[]): Buffer {
  const content = Buffer.concat(contents);
  const size = content.length;
  const length = size < 0x80 ? [size] : size < 0x100 ? [0x81, size] : [0x82, size >> 8, size & 0xff];
  return Buffer.concat([Buffer.of(tag, ...length), content]);
}

const sequence = (...items: readonly Buffer[]) => der(0x30, ...items);
const boolean = (value: boolean) => der(0x01, Buffer.of(value ? 0xff : 0));
const integer = (bytes: Buffer) => der(0x02, bytes);
const oid = (encoded: string) => der(0x06, Buffer.from(encoded, 'hex'));
const bitString = (bytes: Buffer, unused: number) => der(0x03, Buffer.of(unused), bytes);
const bits = (byte: number, unused: number) => bitString(Buffer.of(byte), unused);
const name = (text: string) => sequence(der(0x31, sequence(oid(oids.commonName), der(0x0c, Buffer.from(text, 'utf8')))));
const extension = (id: string, critical: boolean, value: Buffer) =>
  sequence(oid(id), ...(critical ? [boolean(true)] : []), der(0x04, value));

/** UTCTime up to 2049, GeneralizedTime from then on (RFC 5280, 4.1.2.5). */
function time(at: Date): Buffer {
  const digits = `${at.toISOString().replace(/\D/g, '').slice(0, 14)}Z`;
  return at.getUTCFullYear() < 2050 ? der(0x17, Buffer.from(digits.slice(2))) : der(0x18, Buffer.from(digits));
}
