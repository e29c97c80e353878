import { RetryableError, messageOf } from '@pugmark/domain';
import {
  Counter,
  backgroundLoop,
  sleep,
  registerGauge,
  type BackgroundLoop,
  type Logger,
  type Registry,
} from '@pugmark/platform';
import type { ControlChannel } from '../control-channel';
import type { ManagedConnection } from '../managed-connection';
import type { ManagementApi } from '../management-api';
import { compareTopology, conflictingNames } from './compare-topology';
import { declareTopology, ensurePolicies } from './declare-topology';
import type { TopologyDifference } from './topology-difference';

/**
 * `declared`: there is no management API, or it does not answer, so bindings are declared and probed but not compared.
 */
export type TopologyState = 'unchecked' | 'declared' | 'verified' | 'differs';

const CHECK_INTERVAL_MS = { healthy: 30_000, withProblems: 3_000 } as const;
/** About a dozen calls, each with its own deadline; a quorum queue may take a second on a busy machine. */
const DECLARATION = { what: 'declaring the topology', deadlineMs: 60_000 } as const;

export interface TopologyWatchOptions {
  readonly connection: ManagedConnection;
  readonly control: ControlChannel;
  readonly management: ManagementApi | undefined;
  readonly logger: Logger;
  readonly metrics: Registry;
}

/**
 * Keeps the broker's topology as declared: checks after every connect, every 30 s, and at once when a message was
 * returned. Redeclares missing parts, and counts them if they had existed; foreign or conflicting parts are named and
 * keep the service unready until a person removes them (`pugmark topology --repair`).
 */
export class TopologyWatch {
  readonly #options: TopologyWatchOptions;
  readonly #repairs: Counter;
  #state: TopologyState = 'unchecked';
  #differences: readonly string[] = [];
  /** Whether the last check could compare with the management API. */
  #compared = false;
  /** Whether the topology was complete at some check of this process: parts that are missing later were removed. */
  #wasComplete = false;
  #loop: BackgroundLoop | undefined;
  #checkRequested = new AbortController();

  constructor(options: TopologyWatchOptions) {
    this.#options = options;
    const { metrics } = options;
    registerGauge(
      metrics,
      'pugmark_topology_differences',
      'Differences between the broker and the declared topology',
      () => this.#differences.length,
    );
    registerGauge(
      metrics,
      'pugmark_topology_compared',
      '1 when the broker could be compared with the declared topology; unknown differences are not 0',
      () => Number(this.#compared),
    );
    this.#repairs = new Counter({
      name: 'pugmark_topology_repairs_total',
      help: 'Parts of the topology that were removed and redeclared',
      registers: [metrics],
    });
  }

  get state(): TopologyState {
    return this.#state;
  }

  start(): void {
    this.#loop = backgroundLoop('watch topology', this.#options.logger, (signal) => this.#check(signal));
  }

  async stop(): Promise<void> {
    await this.#loop?.stop();
  }

  /** One line for each difference. */
  problems(): readonly string[] {
    return this.#state === 'unchecked' ? ['the topology is not checked yet'] : this.#differences;
  }

  /** Checks at once, for example because a message was returned. */
  checkNow(): void {
    this.#checkRequested.abort();
  }

  async #check(signal: AbortSignal): Promise<number> {
    const { connection } = this.#options;
    await connection.waitUntilOpen(signal);
    if (signal.aborted) return 0;
    this.#checkRequested = new AbortController();
    const connects = connection.connects;
    try {
      this.#report(await this.#compareAndDeclare());
    } catch (error) {
      // The connection reports its own errors, and is checked again once it is open.
      if (signal.aborted || connection.connects !== connects || !connection.connected) return 0;
      this.#report([messageOf(error)]);
    }
    const hasProblems = this.#state === 'differs' || (this.#options.management !== undefined && !this.#compared);
    await sleep(
      hasProblems ? CHECK_INTERVAL_MS.withProblems : CHECK_INTERVAL_MS.healthy,
      AbortSignal.any([signal, this.#checkRequested.signal, connection.lost]),
    );
    return 0;
  }

  /** Returns the remaining differences. */
  async #compareAndDeclare(): Promise<readonly string[]> {
    const { control } = this.#options;
    const before = await this.#compare();
    if (before === null) {
      await control.use((channel) => declareTopology(channel), DECLARATION.what, DECLARATION.deadlineMs);
      return [];
    }
    if (before.length === 0) return [];
    await control.use(
      (channel) => declareTopology(channel, conflictingNames(before)),
      DECLARATION.what,
      DECLARATION.deadlineMs,
    );
    if (this.#options.management !== undefined) await ensurePolicies(this.#options.management);
    const after = (await this.#compare()) ?? [];
    this.#countRepairs(before, after);
    return after.map(({ line }) => line);
  }

  /** Null when there is no management API to compare with, or it is down. */
  async #compare(): Promise<readonly TopologyDifference[] | null> {
    const { management, logger } = this.#options;
    try {
      const differences = management === undefined ? null : await compareTopology(management);
      this.#compared = differences !== null;
      return differences;
    } catch (err) {
      if (!(err instanceof RetryableError)) throw err;
      if (this.#compared || this.#state === 'unchecked')
        logger.warn(
          { err },
          'the broker cannot be compared with the declared topology; its routes are only declared and probed',
        );
      this.#compared = false;
      return null;
    }
  }

  #countRepairs(before: readonly TopologyDifference[], after: readonly TopologyDifference[]): void {
    const remaining = new Set(after.map(({ line }) => line));
    const repaired = before.filter(({ line }) => !remaining.has(line)).map(({ line }) => line);
    if (repaired.length === 0 || !this.#wasComplete) return;
    this.#repairs.inc(repaired.length);
    this.#options.logger.error({ repaired }, 'parts of the topology had been removed; they were redeclared');
  }

  #report(differences: readonly string[]): void {
    const { logger } = this.#options;
    const same = differences.join('\n') === this.#differences.join('\n');
    const was = this.#state;
    this.#differences = differences;
    this.#state = differences.length > 0 ? 'differs' : this.#compared ? 'verified' : 'declared';
    this.#wasComplete ||= differences.length === 0;
    if (differences.length > 0 && !same)
      logger.error(
        { differences },
        'the broker differs from the declared topology; pugmark topology --repair repairs it',
      );
    if (differences.length === 0 && was !== this.#state)
      logger.info({ compared: this.#compared }, 'the broker has the declared topology');
  }
}
