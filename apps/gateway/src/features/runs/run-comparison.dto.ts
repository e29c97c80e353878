import type { ComparedImage, RunComparison, Verdict } from '@pugmark/db';
import { CATEGORIES, type Category } from '@pugmark/domain';
import {
  Description,
  Count,
  Flag,
  Fraction,
  Id,
  ListOf,
  MapOf,
  OptionalNotNull,
  Nested,
  OneOf,
  OrNull,
  QueryBoolean,
  QueryFraction,
  QueryId,
  AnyText,
} from '../../http/dto/fields';
import { PageQuery, type Page } from '../../http/dto/paging';

/** `?a=&b=`: two runs over the same images. */
export class CompareRunsQuery extends PageQuery {
  @QueryId()
  readonly a!: number;

  @QueryId()
  readonly b!: number;

  @Description("Default: the threshold of each run's model.")
  @OptionalNotNull()
  @QueryFraction()
  readonly minConfidence?: number;

  @Description('Only images in which the runs differ.')
  @QueryBoolean()
  readonly onlyDifferent: boolean = false;
}

class RunVerdictResponse {
  @OneOf([...CATEGORIES, 'blank'])
  readonly verdict!: Verdict;

  @ListOf({ type: 'string', enum: CATEGORIES })
  readonly categories!: readonly Category[];

  @Description('Maximum of the counted detections; null for a blank.')
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
  @Description('Images that both runs have processed.')
  @Count()
  readonly images!: number;

  @Description('Images that only run a has processed.')
  @Count()
  readonly onlyA!: number;

  @Count()
  readonly onlyB!: number;

  @Description('Images in which both found the same categories.')
  @Count()
  readonly agreeing!: number;

  @Description('By category: images in which each found it, and in which both did; `blank` where a run found nothing.')
  @MapOf(FoundByBothResponse)
  readonly counts!: RunComparison['counts'];

  @Description('Images by the result of a (outer) and of b (inner).')
  @MapOf({ type: 'object', additionalProperties: { type: 'integer', minimum: 0 } })
  readonly confusion!: RunComparison['confusion'];

  @ListOf(ComparedImageResponse)
  readonly items!: readonly ComparedImage[];

  @Description('Cursor of the next page; null on the last one.')
  @OrNull()
  @AnyText()
  readonly nextCursor!: string | null;
}
