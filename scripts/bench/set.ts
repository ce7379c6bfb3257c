/** Every scenario of the project at once: how long that takes, and whose CPU it spends. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cores } from '../../lab/engine/machine.ts';
import type { Bench } from './bench.ts';
import { between, type CpuSampler, sampleCpu } from './cpu-split.ts';
import type { Samples } from './figures.ts';
import { measure } from './machine.ts';
import { pglab, verdicts } from './our-labs.ts';
import { describe, shareOf } from './share.ts';

/** As `lab:replay --all` runs them. The run folders stay where one did not pass. */
export async function wholeSet({ docker, signal, say }: Bench): Promise<Samples> {
  const out = await mkdtemp(join(tmpdir(), 'pglab-bench-'));
  let passed = false;
  let sampler: CpuSampler | undefined;
  // Golden labs that it makes are its labs as well.
  const onStart = (pid: number) => {
    sampler = sampleCpu(docker, pid, `pglab-(run-${pid}|golden)-`);
  };
  try {
    const { value, wall, cpu } = await measure(
      () => pglab(['replay', '--all', '--json', '--out', out], signal, { accepted: verdicts, onStart }),
      signal,
    );
    const spent = between(sampler?.stop() ?? [], Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY);
    const { results } = JSON.parse(value.stdout) as { results: { scenario: string; variant: string; verdict: string; seconds: number }[] };
    const longest = Math.max(...results.map(({ seconds }) => seconds));
    const others = results.filter(({ verdict }) => verdict !== 'pass');
    passed = others.length === 0;
    say(`${results.length} replays ${wall.toFixed(0)} s, ${cpu?.toFixed(0) ?? '?'} CPU s, the longest ${longest} s`);
    say(describe({ ...spent, machine: cpu }));
    for (const { scenario, variant, verdict } of others) say(`${verdict}: ${scenario} (${variant}), in ${out}`);
    return {
      setWall: [wall],
      setAverage: [wall / results.length],
      ...(cpu === undefined ? {} : { setCpu: [cpu / results.length], setRatio: [wall / Math.max(cpu / cores(), longest)] }),
      setShare: shareOf([{ containers: spent.containers, machine: cpu }]),
      setNode: [spent.node / results.length],
    };
  } finally {
    sampler?.stop();
    if (passed) await rm(out, { recursive: true, force: true });
  }
}
