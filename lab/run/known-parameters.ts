/**
 * Parameters that a lab's configuration asks for and its PostgreSQL does not have. Patroni leaves them out and only logs so
 * ("Removing unexpected parameter", postgresql/validator.py), and the lab would be another one than was asked for.
 */
import { closest } from 'fastest-levenshtein';
import { LabError } from '../core/problem.ts';
import type { Host, Lab } from '../engine/lab.ts';
import { ask, serverOf } from '../observe/postgres.ts';
import type { Blueprint, ClusterSpec } from '../topology/blueprint.ts';
import { renderedConfig } from '../topology/patroni-yaml.ts';
import { askedParameters } from './reported-settings.ts';

/** Asks `leader`, whose PostgreSQL runs. Throws LabError naming them; a name with a dot is an extension's, and may be anything. */
export async function checkParameters(lab: Lab, blueprint: Blueprint, cluster: ClusterSpec, leader: Host): Promise<void> {
  const names = parametersOf(blueprint, cluster).filter((name) => !name.includes('.'));
  if (names.length === 0) return;
  const known = (await ask(serverOf(lab, leader), 'select lower(name) from pg_settings')).map(([name]) => String(name));
  const unknown = names.filter((name) => !known.includes(name));
  if (unknown.length === 0) return;
  throw new LabError(`PostgreSQL on ${leader.name} has no parameter ${unknown.join(', ')}, and Patroni leaves out what it does not have`, {
    hint: `did you mean ${unknown.map((name) => closest(name, known)).join(', ')}?`,
  });
}

/** What the members' configuration files say, as they are rendered; of `bootstrap.dcs` the first one's, who alone uses it. */
function parametersOf(blueprint: Blueprint, { members }: ClusterSpec): readonly string[] {
  const configs = members.map((member) => renderedConfig(blueprint, member));
  const sections = [...configs.slice(0, 1).map(({ dcs }) => dcs), ...configs.map(({ local }) => local)];
  return [...new Set(sections.flatMap((section) => Object.keys(askedParameters(section))))];
}
