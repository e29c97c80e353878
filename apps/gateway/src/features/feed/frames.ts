import type { FeedRow } from '@pugmark/db';

// https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream. JSON contains no line breaks.

export function eventFrame({ id, topic, data }: Pick<FeedRow, 'id' | 'topic' | 'data'>): string {
  return `id: ${id}\nevent: ${topic}\ndata: ${JSON.stringify(data)}\n\n`;
}

/** Has no id: a client that disconnects here starts again from its last id. */
export function resetFrame(reason: string): string {
  return `event: reset\ndata: ${JSON.stringify({ reason })}\n\n`;
}

/** Delay in milliseconds before a disconnected client reconnects. */
export function retryFrame(ms: number): string {
  return `retry: ${ms}\n\n`;
}

/**
 * Heartbeat with the position of the stream: clients remember an id without data although it is no event. A client of
 * rare events would otherwise reconnect with an id that is no longer kept.
 */
export function heartbeatFrame(position: number): string {
  return `: heartbeat\nid: ${position}\n\n`;
}
