import { ManagementApi } from '../management-api';
import { closeConnection, openConnection } from '../operator-connection';
import { compareTopology } from './compare-topology';
import { repairTopology, type Repair } from './repair-topology';

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
    const model = await openConnection(this.#url, 'topology-repair');
    try {
      return await repairTopology(model, this.#management);
    } finally {
      await closeConnection(model);
    }
  }
}
