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
import { compareTopology, undeclarable, type TopologyDifference } from './compare-topology';
import { declareTopology, ensurePolicies } from './declare-topology';

/** `declared`: there is no management API, or it does not answer, so that bindings can only be declared and probed, not compared. */
export type TopologyState = 'unchecked' | 'declared' | 'verified' | 'differs';

const LOOK_AGAIN_MS = { well: 30_000, ill: 3_000 } as const;
/** Some dozen calls, each with a deadline of its own; a quorum queue may take a second on a busy machine. */
const DECLARATION = { what: 'declaring the topology', deadlineMs: 60_000 } as const;

export interface TopologyWatchOptions {
  readonly connection: ManagedConnection;
  readonly control: ControlChannel;
  readonly management: ManagementApi | undefined;
  readonly logger: Logger;
  readonly metrics: Registry;
}

/**
 * Sees to it that the broker holds the topology of the table: after every connect, every 30 s, and at once when a message came
 * back. What is missing is declared again, and counted if it had been there; what is foreign or of another kind is named, and keeps
 * the service unready until a person has put it right (`pugmark topology --repair`).
 */
export class TopologyWatch {
  readonly #options: TopologyWatchOptions;
  readonly #mended: Counter;
  #state: TopologyState = 'unchecked';
  #differences: readonly string[] = [];
  /** Whether the last look could compare. */
  #compared = false;
  /** Whether everything had been in place since this process began: what is missing then was taken away. */
  #stood = false;
  #loop: BackgroundLoop | undefined;
  #lookNow = new AbortController();

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
    this.#mended = new Counter({
      name: 'pugmark_topology_repairs_total',
      help: 'Parts of the topology that were taken away and declared again',
      registers: [metrics],
    });
  }

  get state(): TopologyState {
    return this.#state;
  }

  start(): void {
    this.#loop = backgroundLoop('watch topology', this.#options.logger, (signal) => this.#turn(signal));
  }

  async stop(): Promise<void> {
    await this.#loop?.stop();
  }

  /** One line for each difference. */
  problems(): readonly string[] {
    return this.#state === 'unchecked' ? ['the topology is not checked yet'] : this.#differences;
  }

  /** A message came back: do not wait for the next look. */
  lookNow(): void {
    this.#lookNow.abort();
  }

  async #turn(signal: AbortSignal): Promise<number> {
    const { connection } = this.#options;
    await connection.opened(signal);
    if (signal.aborted) return 0;
    this.#lookNow = new AbortController();
    const connects = connection.connects;
    try {
      this.#report(await this.#compareAndDeclare());
    } catch (error) {
      // A connection that broke says so itself, and is looked at again as soon as it stands.
      if (signal.aborted || connection.connects !== connects || !connection.connected) return 0;
      this.#report([messageOf(error)]);
    }
    const ill = this.#state === 'differs' || (this.#options.management !== undefined && !this.#compared);
    await sleep(
      ill ? LOOK_AGAIN_MS.ill : LOOK_AGAIN_MS.well,
      AbortSignal.any([signal, this.#lookNow.signal, connection.lost]),
    );
    return 0;
  }

  /** What still differs afterwards. */
  async #compareAndDeclare(): Promise<readonly string[]> {
    const { control } = this.#options;
    const before = await this.#compare();
    if (before === null) {
      await control.use((channel) => declareTopology(channel), DECLARATION.what, DECLARATION.deadlineMs);
      return [];
    }
    if (before.length === 0) return [];
    await control.use(
      (channel) => declareTopology(channel, undeclarable(before)),
      DECLARATION.what,
      DECLARATION.deadlineMs,
    );
    if (this.#options.management !== undefined) await ensurePolicies(this.#options.management);
    const after = (await this.#compare()) ?? [];
    this.#countMended(before, after);
    return after.map(({ line }) => line);
  }

  /** Null when there is nothing to compare with: a management API that is away says nothing about the routes. */
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

  #countMended(before: readonly TopologyDifference[], after: readonly TopologyDifference[]): void {
    const still = new Set(after.map(({ line }) => line));
    const mended = before.filter(({ line }) => !still.has(line)).map(({ line }) => line);
    if (mended.length === 0 || !this.#stood) return;
    this.#mended.inc(mended.length);
    this.#options.logger.error({ mended }, 'parts of the topology had been taken away; they are declared again');
  }

  #report(differences: readonly string[]): void {
    const { logger } = this.#options;
    const same = differences.join('\n') === this.#differences.join('\n');
    const was = this.#state;
    this.#differences = differences;
    this.#state = differences.length > 0 ? 'differs' : this.#compared ? 'verified' : 'declared';
    this.#stood ||= differences.length === 0;
    if (differences.length > 0 && !same)
      logger.error(
        { differences },
        'the broker does not hold the declared topology; pugmark topology --repair mends it',
      );
    if (differences.length === 0 && was !== this.#state)
      logger.info({ compared: this.#compared }, 'the broker holds the declared topology');
  }
}
