import { IsString, MaxLength } from 'class-validator';

/** AMQP `type` of the probe of a route. It has no body; the consumer of the queue acks it and answers to its `replyTo`. */
export const PROBE_WIRE_NAME = 'pugmark.probe';

/** AMQP `type` of the answer; its `correlationId` is the probe's. */
export const PROBE_ANSWER_WIRE_NAME = 'pugmark.probe.answered';

export class ProbeAnswer {
  /** Who consumes the queue: service, host and process, for people. */
  @IsString()
  @MaxLength(200)
  readonly responder!: string;
}
