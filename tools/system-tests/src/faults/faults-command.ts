import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { messageOf } from '@pugmark/domain';
import { type CommandContext, parseOptions, UsageError } from '@pugmark/toolkit';
import type { Fault, FaultResult } from './fault';
import { FaultServers } from './fault-servers';
import { allFaults } from './faults';
import { faultTable } from './fault-table';
import { runFault } from './run-fault';

const USAGE = 'npm run test:faults [-- --only TEXT] [--short] [--json FILE]';

/** Injects every fault of the list into a working system, one after the other, and reports what became of the work. */
export async function faultsCommand(args: readonly string[], context: CommandContext): Promise<number> {
  const { only, short, json } = parseOptions('test:faults', USAGE, args, {
    only: { type: 'string' },
    short: { type: 'boolean' },
    json: { type: 'string' },
  });
  const { root, environment, log, signal } = context;
  const faults = allFaults(root).filter(
    (fault) =>
      (short !== true || fault.short) && (only === undefined || fault.name.toLowerCase().includes(only.toLowerCase())),
  );
  if (faults.length === 0)
    throw new UsageError(
      `test:faults: no fault is called '${only}'; there are: ${allFaults(root)
        .map(({ name }) => name)
        .join(', ')}`,
    );
  const dir = join(root, '.pugmark');
  const servers = await FaultServers.start({ dir, environment, log, signal });
  const forget = context.onForcedEnd(() => servers.kill());
  const results: FaultResult[] = [];
  let skipped = 0;
  const began = performance.now();
  try {
    for (const [index, fault] of faults.entries()) {
      signal.throwIfAborted();
      log(`${index + 1}/${faults.length} ${fault.name}`);
      const reason = fault.unavailableReason?.() ?? null;
      if (reason !== null) {
        skipped += 1;
        log(`    SKIPPED: ${reason}`);
        continue;
      }
      const result = await runOrFail(
        fault,
        () => runFault(fault, { servers, root, folder: join(dir, 'faults'), environment, signal }),
        signal,
      );
      results.push(result);
      for (const problem of result.problems) log(`    ${problem}`);
    }
  } finally {
    await servers.stop();
    forget();
  }
  const failed = results.filter(({ problems }) => problems.length > 0);
  log(`\n${faultTable(results)}\n`);
  log(
    `${results.length} faults in ${Math.round((performance.now() - began) / 1_000)} s: ` +
      (failed.length === 0
        ? 'nothing lost, nothing doubled, nothing good failed, each noticed and recovered from'
        : `${failed.length} failed`) +
      (skipped === 0 ? '' : `; ${skipped} SKIPPED`),
  );
  if (json !== undefined)
    writeFileSync(resolve(context.userFolder, json), `${JSON.stringify({ faults: results }, null, 2)}\n`);
  return failed.length === 0 ? 0 : 1;
}

/** A fault that could not be injected counts as failed; the next one is tried. */
async function runOrFail(fault: Fault, run: () => Promise<FaultResult>, signal: AbortSignal): Promise<FaultResult> {
  try {
    return await run();
  } catch (error) {
    if (signal.aborted) throw error;
    return {
      name: fault.name,
      harmless: fault.harmless === true,
      tasks: 0,
      inFlight: 0,
      lost: 0,
      doubled: 0,
      failed: 0,
      noticedSeconds: null,
      recoveredSeconds: null,
      problems: [`not injected: ${messageOf(error)}`],
    };
  }
}
