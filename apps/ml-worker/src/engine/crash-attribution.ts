import type { ImageOutcome, ModelRef, PoolImage } from './engine-protocol';

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
  readonly model: ModelRef;
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
  readonly culprit: { readonly model: ModelRef; readonly item: Item } | null;
}

/**
 * Who may have ended a process that held these batches, the oldest first. Suspects are the pictures that it had begun and not
 * answered, or, should it have said nothing (its last words can be lost), all of its oldest batch. Of a process that hung it
 * is known better: it answers in order, so that it waited for the first of them, as many as the model looks at together. They
 * are halved until one stands alone; whatever else was there is innocent. Each verdict on several pictures leaves fewer of
 * them together, so that this ends.
 */
export function judge(inHand: readonly BatchInHand[], death: { readonly kind: string }): Verdict {
  const open = inHand.filter(({ unanswered }) => unanswered.size > 0);
  let suspects = open.flatMap(({ unanswered, started }) =>
    [...unanswered.values()].filter((item) => started.has(item.wireId)),
  );
  if (suspects.length === 0) suspects = [...(open[0]?.unanswered.values() ?? [])];
  else if (death.kind === 'hung') suspects = suspects.slice(0, open[0]!.batch.model.manifest.batch);
  const accused = new Set(suspects);
  const innocent = open
    .map(({ batch: { model }, unanswered }) => ({
      model,
      items: [...unanswered.values()].filter((item) => !accused.has(item)),
      suspect: false,
    }))
    .filter(({ items }) => items.length > 0);
  const wasAlone =
    suspects.length === 1 && open.length === 1 && open[0]!.batch.suspect && open[0]!.unanswered.size === 1;
  if (wasAlone) return { innocent, suspects: [], culprit: { model: open[0]!.batch.model, item: suspects[0]! } };
  // Those of one model stay together: a process looks at one model's pictures at a time.
  const groups = [...new Map(open.map(({ batch: { model } }) => [model.key, model])).values()]
    .map((model) => ({
      model,
      items: open
        .filter(({ batch }) => batch.model.key === model.key)
        .flatMap(({ unanswered }) => suspects.filter((item) => unanswered.has(item.wireId))),
    }))
    .filter(({ items }) => items.length > 0);
  return {
    innocent,
    suspects: groups.flatMap(({ model, items }) => halves(model, items, groups.length > 1)),
    culprit: null,
  };
}

/** Two batches, or one where others share the suspicion: that already leaves fewer of them together. */
function halves(model: ModelRef, items: readonly Item[], whole: boolean): Batch[] {
  const middle = whole ? items.length : Math.ceil(items.length / 2);
  return [items.slice(0, middle), items.slice(middle)]
    .filter((half) => half.length > 0)
    .map((half) => ({ model, items: half, suspect: true }));
}
