import { IsString, MaxLength } from 'class-validator';

/**
 * AMQP `type` of a route probe. The probe has no body; the consumer of the queue acks it and replies to its `replyTo`.
 */
export const PROBE_WIRE_NAME = 'pugmark.probe';

/** AMQP `type` of the reply; its `correlationId` is the probe's. */
export const PROBE_ANSWER_WIRE_NAME = 'pugmark.probe.answered';

export class ProbeAnswer {
  /** The consumer of the queue (service, host and process), for people to read. */
  @IsString()
  @MaxLength(200)
  readonly responder!: string;
}
