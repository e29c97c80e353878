import type { ComparedImage, RunComparison, Verdict } from '@pugmark/db';
import { CATEGORIES, type Category } from '@pugmark/domain';
import {
  About,
  Count,
  Flag,
  Fraction,
  Id,
  ListOf,
  MapOf,
  MayBeAbsent,
  Nested,
  OneOf,
  OrNull,
  QueryBoolean,
  QueryFraction,
  QueryId,
  Words,
} from '../../http/dto/fields';
import { PageQuery, type Page } from '../../http/dto/paging';

/** `?a=&b=`: two runs over the same images. */
export class CompareRunsQuery extends PageQuery {
  @QueryId()
  readonly a!: number;

  @QueryId()
  readonly b!: number;

  @About("Default: the threshold of each run's model.")
  @MayBeAbsent()
  @QueryFraction()
  readonly minConfidence?: number;

  @About('Lists only the images in which the runs differ.')
  @QueryBoolean()
  readonly onlyDifferent: boolean = false;
}

class RunVerdictResponse {
  @OneOf([...CATEGORIES, 'blank'])
  readonly verdict!: Verdict;

  @ListOf({ type: 'string', enum: CATEGORIES })
  readonly categories!: readonly Category[];

  @About('Of the surest detection that counts; null for a blank.')
  @OrNull()
  @Fraction()
  readonly confidence!: number | null;
}

class ComparedImageResponse {
  @Id()
  readonly imageId!: number;

  @Flag()
  readonly agree!: boolean;

  @Nested(RunVerdictResponse)
  readonly a!: RunVerdictResponse;

  @Nested(RunVerdictResponse)
  readonly b!: RunVerdictResponse;
}

class FoundByBothResponse {
  @Count()
  readonly a!: number;

  @Count()
  readonly b!: number;

  @Count()
  readonly both!: number;
}

export class RunComparisonResponse implements RunComparison, Page<ComparedImage> {
  @About('Images that both runs have answered.')
  @Count()
  readonly images!: number;

  @About('Images that only run a has answered.')
  @Count()
  readonly onlyA!: number;

  @Count()
  readonly onlyB!: number;

  @About('Images in which both found the same categories.')
  @Count()
  readonly agreeing!: number;

  @About('By category, images in which each found it, and in which both did; `blank` where a run found nothing.')
  @MapOf(FoundByBothResponse)
  readonly counts!: RunComparison['counts'];

  @About('Images by what a says (outer) and what b says (inner).')
  @MapOf({ type: 'object', additionalProperties: { type: 'integer', minimum: 0 } })
  readonly confusion!: RunComparison['confusion'];

  @ListOf(ComparedImageResponse)
  readonly items!: readonly ComparedImage[];

  @About('For the next page; null on the last one.')
  @OrNull()
  @Words()
  readonly nextCursor!: string | null;
}
