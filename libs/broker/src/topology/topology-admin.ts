import { ManagementApi } from '../management-api';
import { closeConnection, openConnection } from '../operator-connection';
import { compareTopology } from './compare-topology';
import { repairTopology, type Repair } from './repair-topology';

/** Inspects and repairs the topology of a running broker. Needs the management API. */
export class TopologyAdmin {
  readonly #url: string;
  readonly #management: ManagementApi;

  constructor(url: string, managementUrl: string) {
    this.#url = url;
    this.#management = new ManagementApi(managementUrl, url);
  }

  /** Lists differences from the declared topology, one line each. Changes nothing. */
  async differences(): Promise<readonly string[]> {
    return (await compareTopology(this.#management)).map(({ line }) => line);
  }

  /** Repairs what is safe to repair; see `repairTopology`. */
  async repair(): Promise<readonly Repair[]> {
    const model = await openConnection(this.#url, 'topology-repair');
    try {
      return await repairTopology(model, this.#management);
    } finally {
      await closeConnection(model);
    }
  }
}
