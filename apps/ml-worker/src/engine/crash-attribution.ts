import type { ImageOutcome, ModelRef, PoolImage } from './engine-protocol';

/** An image of one inference call. */
export interface QueuedImage {
  /** Number that identifies it between pool and process. */
  readonly wireId: number;
  readonly image: PoolImage;
  /** Number of times that it crashed or hung an engine process that processed nothing else. */
  failedAttempts: number;
  readonly settle: (outcome: ImageOutcome) => void;
  /** Called when it is answered, or when work moves that it waits for. The same function for all images of a call. */
  readonly onProgress: () => void;
}

export interface Batch {
  readonly model: ModelRef;
  readonly items: readonly QueuedImage[];
  /**
   * It may contain an offending image: it gets a process for itself, so that it affects no other batch, and a crash is
   * attributed to no other.
   */
  readonly isolated: boolean;
}

/** A batch assigned to a process. */
export interface BatchInFlight {
  readonly batch: Batch;
  /** Images not answered yet, by wire id, in order. */
  readonly pending: Map<number, QueuedImage>;
  /** Wire ids that the process reported as started. */
  readonly started: Set<number>;
}

export interface CrashAttribution {
  /** Batches to repeat normally. */
  readonly cleared: readonly Batch[];
  readonly isolated: readonly Batch[];
  /** The image that was alone in the process and so caused its failure. */
  readonly offending: { readonly model: ModelRef; readonly item: QueuedImage } | null;
}

/**
 * Attributes the crash of a process to the images in the given batches, oldest first. Candidates are the images that it
 * had started and not answered, or, if it reported none (its last messages can be lost), all of its oldest batch. A
 * process that hung answers in order, so that only the first images can be responsible, as many as the model infers
 * together. Candidates are halved until one image is alone; all others are cleared. Each step leaves fewer candidates
 * together, so this terminates.
 */
export function attributeCrash(inFlight: readonly BatchInFlight[], exit: { readonly kind: string }): CrashAttribution {
  const open = inFlight.filter(({ pending }) => pending.size > 0);
  let candidates = open.flatMap(({ pending, started }) =>
    [...pending.values()].filter((item) => started.has(item.wireId)),
  );
  if (candidates.length === 0) candidates = [...(open[0]?.pending.values() ?? [])];
  else if (exit.kind === 'hung') candidates = candidates.slice(0, open[0]!.batch.model.manifest.batch);
  const candidateSet = new Set(candidates);
  const cleared = open
    .map(({ batch: { model }, pending }) => ({
      model,
      items: [...pending.values()].filter((item) => !candidateSet.has(item)),
      isolated: false,
    }))
    .filter(({ items }) => items.length > 0);
  const wasAlone =
    candidates.length === 1 && open.length === 1 && open[0]!.batch.isolated && open[0]!.pending.size === 1;
  if (wasAlone) return { cleared, isolated: [], offending: { model: open[0]!.batch.model, item: candidates[0]! } };
  // Groups by model: a process infers the images of one model at a time.
  const groups = [...new Map(open.map(({ batch: { model } }) => [model.key, model])).values()]
    .map((model) => ({
      model,
      items: open
        .filter(({ batch }) => batch.model.key === model.key)
        .flatMap(({ pending }) => candidates.filter((item) => pending.has(item.wireId))),
    }))
    .filter(({ items }) => items.length > 0);
  return {
    cleared,
    isolated: groups.flatMap(({ model, items }) => splitBatch(model, items, groups.length > 1)),
    offending: null,
  };
}

/** Splits into two batches; into one if candidates are in several groups, which already separates them. */
function splitBatch(model: ModelRef, items: readonly QueuedImage[], whole: boolean): Batch[] {
  const middle = whole ? items.length : Math.ceil(items.length / 2);
  return [items.slice(0, middle), items.slice(middle)]
    .filter((half) => half.length > 0)
    .map((half) => ({ model, items: half, isolated: true }));
}
