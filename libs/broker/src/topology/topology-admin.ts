import { connect, type ChannelModel } from 'amqplib';
import { withDeadline } from '@pugmark/domain';
import { ManagementApi } from '../management-api';
import { compareTopology } from './compare-topology';
import { repairTopology, type Repair } from './repair-topology';

const CONNECT_DEADLINE_MS = 10_000;

/** The topology of a live broker, for the person who looks after it. Needs the management API. */
export class TopologyAdmin {
  readonly #url: string;
  readonly #management: ManagementApi;

  constructor(url: string, managementUrl: string) {
    this.#url = url;
    this.#management = new ManagementApi(managementUrl, url);
  }

  /** One line for each difference from the table; none when they agree. Changes nothing. */
  async differences(): Promise<readonly string[]> {
    return (await compareTopology(this.#management)).map(({ line }) => line);
  }

  /** Mends what is safe to mend; see `repairTopology`. */
  async repair(): Promise<readonly Repair[]> {
    const model: ChannelModel = await withDeadline(
      connect(this.#url, { timeout: CONNECT_DEADLINE_MS, clientProperties: { connection_name: 'topology-repair' } }),
      CONNECT_DEADLINE_MS + 1_000,
      'connecting to RabbitMQ',
    );
    // The calls that are under way fail by themselves.
    model.on('error', () => undefined);
    try {
      return await repairTopology(model, this.#management);
    } finally {
      await withDeadline(model.close(), 2_000, 'closing the connection').catch(() => undefined);
    }
  }
}
