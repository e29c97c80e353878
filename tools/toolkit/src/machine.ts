import { cpus, totalmem } from 'node:os';

/** Describes this machine for the results of benches: processors, memory, version of Node. */
export function describeMachine(): string {
  const processors = cpus();
  const gib = Math.round(totalmem() / 2 ** 30);
  const model = processors[0]?.model ?? 'unknown processor';
  return `${processors.length} × ${model}, ${gib} GiB, Node ${process.versions.node}`;
}
