import type { BrokerStatus } from '@pugmark/broker';
import type { EngineReport } from '@pugmark/db';
import { About, Amount, Count, Flag, ListOf, MapOf, Nested, OneOf, OrNull, Time, Words } from '../../http/dto/fields';
import { ModelResponse } from '../models/models.dto';

class EngineResponse implements EngineReport {
  @About('Host, service and process.')
  @Words()
  readonly worker!: string;

  @Words()
  readonly name!: string;

  @Words()
  readonly device!: string;

  @About('Why this engine was chosen.')
  @Words()
  readonly reason!: string;

  @Words()
  readonly version!: string;

  @Count()
  readonly processes!: number;

  @About('Ready to take work.')
  @Count()
  readonly processesUp!: number;
}

class BrokerResponse implements Omit<BrokerStatus, 'routes'> {
  @About('Connected, verified, not blocked, and every consumer subscribed.')
  @Flag()
  readonly ready!: boolean;

  @OneOf(['up', 'down', 'blocked'])
  readonly publisher!: BrokerStatus['publisher'];

  @MapOf({ type: 'string', enum: ['subscribed', 'down'] })
  readonly consumers!: BrokerStatus['consumers'];

  @Words()
  readonly topology!: BrokerStatus['topology'];

  @About('One line for each thing that is not as it should be.')
  @ListOf({ type: 'string' })
  readonly problems!: readonly string[];
}

class DependenciesResponse {
  @OneOf(['up', 'down'])
  readonly postgres!: 'up' | 'down';

  @OneOf(['up', 'down', 'not configured'])
  readonly redis!: 'up' | 'down' | 'not configured';

  @Nested(BrokerResponse)
  readonly broker!: BrokerResponse;
}

class RouteResponse {
  @Words()
  readonly kind!: string;

  @Words()
  readonly queue!: string;

  @Words()
  readonly state!: string;

  @About('The process that answered last.')
  @OrNull()
  @Words()
  readonly responder!: string | null;

  @About('From publish to answer, of the last probe that was answered.')
  @OrNull()
  @Amount()
  readonly roundTripMs!: number | null;

  @OrNull()
  @Time()
  readonly answeredAt!: string | null;
}

export class SystemResponse {
  @Words()
  readonly version!: string;

  @Count()
  readonly uptimeSeconds!: number;

  @About('Null: unknown, the database does not answer.')
  @OrNull()
  @ListOf(ModelResponse)
  readonly models!: readonly ModelResponse[] | null;

  @About('What the workers compute with, and why; empty when none is up; null: unknown.')
  @OrNull()
  @ListOf(EngineResponse)
  readonly engines!: readonly EngineResponse[] | null;

  @Nested(DependenciesResponse)
  readonly dependencies!: DependenciesResponse;

  @About('Whether work that is put on a route arrives at someone who does it, and who that is.')
  @ListOf(RouteResponse)
  readonly routes!: readonly RouteResponse[];
}
