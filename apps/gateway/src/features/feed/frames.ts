import type { FeedRow } from '@pugmark/db';

// https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream. JSON has no line breaks in it.

export function eventFrame({ id, topic, data }: Pick<FeedRow, 'id' | 'topic' | 'data'>): string {
  return `id: ${id}\nevent: ${topic}\ndata: ${JSON.stringify(data)}\n\n`;
}

/** It has no id: a client that is cut off here begins where it did. */
export function resetFrame(reason: string): string {
  return `event: reset\ndata: ${JSON.stringify({ reason })}\n\n`;
}

/** After how many milliseconds a client that was cut off should come back. */
export function retryFrame(ms: number): string {
  return `retry: ${ms}\n\n`;
}

/**
 * Says that the stream lives, and how far it is: an id without data is no event, but clients remember it. One that asked for what is
 * rare would otherwise come back with an id that is long forgotten.
 */
export function heartbeatFrame(position: number): string {
  return `: heartbeat\nid: ${position}\n\n`;
}
