/** Passwords, made anew for each lab. Random: everything that must be reproducible takes them as an argument. */
import { randomBytes } from 'node:crypto';
import type { Secrets } from './blueprint.ts';

/** 20 characters of A-Z a-z 0-9 - _ each (120 random bits): safe in URLs, YAML, SQL literals, pgpass and shells alike. */
export function makeSecrets(): Secrets {
  const secret = () => {
    // A leading dash would read as an option on a command line.
    const text = randomBytes(15).toString('base64url');
    return text.startsWith('-') ? `_${text.slice(1)}` : text;
  };
  return { superuser: secret(), replication: secret(), restapi: secret() };
}
