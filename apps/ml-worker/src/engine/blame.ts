import type { ImageOutcome, PoolImage } from './engine-protocol';

/** One picture of one call. */
export interface Item {
  /** The pool's own number for it. */
  readonly wireId: number;
  readonly image: PoolImage;
  /** How often it has ended or hung an engine process all by itself. */
  strikes: number;
  readonly settle: (outcome: ImageOutcome) => void;
}

export interface Batch {
  readonly items: readonly Item[];
  /** It may hold the picture that ends processes: it gets a process for itself, so that nothing else suffers or is suspected. */
  readonly suspect: boolean;
}

/** A batch within a process. */
export interface BatchInHand {
  readonly batch: Batch;
  /** Not answered yet, by wire id, in order. */
  readonly unanswered: Map<number, Item>;
  /** Wire ids that the process has said to have begun. */
  readonly started: Set<number>;
}

export interface Verdict {
  /** To be done again as if nothing had happened. */
  readonly innocent: readonly Batch[];
  readonly suspects: readonly Batch[];
  /** The one picture that was alone in the process: it has earned a strike. */
  readonly culprit: Item | null;
}

/**
 * Who may have ended a process that held these batches, the oldest first. Suspects are the pictures that it had begun and not
 * answered, or, should it have said nothing (its last words can be lost), all of its oldest batch. Of a process that hung it
 * is known better: it answers in order, so that it waited for the first `atOnce` of them, what its model looks at together. They
 * are halved until one stands alone; whatever else was there is innocent. Each verdict on several pictures leaves fewer of
 * them together, so that this ends.
 */
export function judge(inHand: readonly BatchInHand[], death: { readonly kind: string }, atOnce: number): Verdict {
  const open = inHand.filter(({ unanswered }) => unanswered.size > 0);
  let suspects = open.flatMap(({ unanswered, started }) => [...unanswered.values()].filter((item) => started.has(item.wireId)));
  if (suspects.length === 0) suspects = [...(open[0]?.unanswered.values() ?? [])];
  else if (death.kind === 'hung') suspects = suspects.slice(0, atOnce);
  const accused = new Set(suspects);
  const innocent = open
    .map(({ unanswered }) => ({ items: [...unanswered.values()].filter((item) => !accused.has(item)), suspect: false }))
    .filter(({ items }) => items.length > 0);
  const wasAlone = suspects.length === 1 && open.length === 1 && open[0]!.batch.suspect && open[0]!.unanswered.size === 1;
  return wasAlone ? { innocent, suspects: [], culprit: suspects[0]! } : { innocent, suspects: halves(suspects), culprit: null };
}

function halves(items: readonly Item[]): Batch[] {
  const middle = Math.ceil(items.length / 2);
  return [items.slice(0, middle), items.slice(middle)].filter((half) => half.length > 0).map((half) => ({ items: half, suspect: true }));
}
