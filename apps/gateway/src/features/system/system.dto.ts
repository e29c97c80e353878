import type { BrokerStatus } from '@pugmark/broker';
import { TASK_KINDS, type TaskKind } from '@pugmark/contracts';
import type { EngineReport } from '@pugmark/db';
import {
  Description,
  AnyNumber,
  Count,
  Flag,
  ListOf,
  MapOf,
  Nested,
  OneOf,
  OrNull,
  Time,
  AnyText,
} from '../../http/dto/fields';
import { ModelResponse } from '../models/models.dto';

class EngineResponse implements EngineReport {
  @Description('Host, service and process.')
  @AnyText()
  readonly worker!: string;

  @AnyText()
  readonly name!: string;

  @AnyText()
  readonly device!: string;

  @Description('Why this engine was chosen.')
  @AnyText()
  readonly reason!: string;

  @AnyText()
  readonly version!: string;

  @Count()
  readonly processes!: number;

  @Description('Ready to accept work.')
  @Count()
  readonly processesReady!: number;
}

class BrokerResponse implements Omit<BrokerStatus, 'routes'> {
  @Description('Connected, verified, not blocked, and every consumer subscribed.')
  @Flag()
  readonly ready!: boolean;

  @OneOf(['up', 'down', 'blocked'])
  readonly publisher!: BrokerStatus['publisher'];

  @MapOf({ type: 'string', enum: ['subscribed', 'down'] })
  readonly consumers!: BrokerStatus['consumers'];

  @AnyText()
  readonly topology!: BrokerStatus['topology'];

  @Description('One line per problem.')
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
  @AnyText()
  readonly kind!: string;

  @AnyText()
  readonly queue!: string;

  @AnyText()
  readonly state!: string;

  @Description('The process that answered last.')
  @OrNull()
  @AnyText()
  readonly responder!: string | null;

  @Description('From publish to answer, of the last answered probe.')
  @OrNull()
  @AnyNumber()
  readonly roundTripMs!: number | null;

  @OrNull()
  @Time()
  readonly answeredAt!: string | null;
}

class TaskProgressResponse {
  @OneOf(TASK_KINDS)
  readonly kind!: TaskKind;

  @Description('When a task of this kind last moved: an image was answered, a file scanned, a page written.')
  @Time()
  readonly progressedAt!: string;

  @Description('Seconds without progress after which a worker gives up a task of this kind, which is then retried.')
  @Count()
  readonly limitSeconds!: number;
}

export class SystemResponse {
  @AnyText()
  readonly version!: string;

  @Count()
  readonly uptimeSeconds!: number;

  @Description('Null: unknown, the database is unreachable.')
  @OrNull()
  @ListOf(ModelResponse)
  readonly models!: readonly ModelResponse[] | null;

  @Description('The engines of the workers, and why they were chosen; empty when no worker runs; null: unknown.')
  @OrNull()
  @ListOf(EngineResponse)
  readonly engines!: readonly EngineResponse[] | null;

  @Description('The progress of each kind of task of which a worker has ever run; null: unknown.')
  @OrNull()
  @ListOf(TaskProgressResponse)
  readonly progress!: readonly TaskProgressResponse[] | null;

  @Nested(DependenciesResponse)
  readonly dependencies!: DependenciesResponse;

  @Description('Whether messages on each route reach a consumer, and which one.')
  @ListOf(RouteResponse)
  readonly routes!: readonly RouteResponse[];
}
