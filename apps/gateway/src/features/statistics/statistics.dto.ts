import type {
  Activity,
  CaptureRates,
  PlaceCaptures,
  EventTotals,
  Effort,
  EventKind,
  Grouping,
  Kind,
  PlacePresence,
  Presence,
  StudySummary,
  Timeline,
} from '@pugmark/db';
import { CALENDAR_STEPS, CATEGORIES, type CalendarStep, type Category } from '@pugmark/domain';
import {
  Description,
  AnyNumber,
  Count,
  Id,
  ListOf,
  OptionalNotNull,
  Nested,
  OneOf,
  OrNull,
  QueryInteger,
  Time,
  AnyText,
} from '../../http/dto/fields';
import { PlaceResponse } from '../locations/locations.dto';
import { EventFilterQuery } from '../images/observed.dto';

const NUMBERS = { type: 'integer', minimum: 0 } as const;

/** Parameters of every statistic. */
export class StatisticsQuery extends EventFilterQuery implements Grouping {
  @Description(
    'By animal, person and vehicle, or by label. An event of a category may have several labels: their counts need not add up to it.',
  )
  @OneOf(['category', 'label'])
  readonly groupBy: EventKind = 'category';

  @Description('Number of labels listed separately, those with the most events; the others are summed up.')
  @QueryInteger(1, 50)
  readonly top: number = 20;
}

export class CapturesQuery extends StatisticsQuery {
  @Description('Also for each deployment or location.')
  @OptionalNotNull()
  @OneOf(['deployment', 'location'])
  readonly by?: 'deployment' | 'location';
}

export class ActivityQuery extends StatisticsQuery {
  @Description('`local`: local time at the location. `solar`: solar time, with solar noon at 12.')
  @OneOf(['local', 'solar'])
  readonly clock: 'local' | 'solar' = 'local';
}

export class TimelineQuery extends StatisticsQuery {
  @Description('Weeks are those of ISO 8601.')
  @OneOf(CALENDAR_STEPS)
  readonly by: CalendarStep = 'day';
}

class KindResponse implements Kind {
  @Description('Null: all labels that are not listed separately.')
  @OrNull()
  @OneOf(CATEGORIES)
  readonly category!: Category | null;

  @Description('Null unless grouped by label.')
  @OrNull()
  @AnyText()
  readonly label!: string | null;
}

class KindCountResponse extends KindResponse implements EventTotals {
  @Count()
  readonly events!: number;

  @Description('The maximum number in one image of each event, summed over the events.')
  @Count()
  readonly individuals!: number;
}

class EffortResponse implements Effort {
  @Count()
  readonly deployments!: number;

  @Description('Those without a known start: their trap-nights are unknown and not in any rate.')
  @Count()
  readonly deploymentsWithoutDates!: number;

  @Description('Trap-nights; null where no deployment has dates.')
  @OrNull()
  @Count()
  readonly trapNights!: number | null;
}

class ImageCountsResponse {
  @Count()
  readonly images!: number;

  @Description('Images with an inference. `processed`, `pending` and `failed` add up to all images.')
  @Count()
  readonly processed!: number;

  @Count()
  readonly pending!: number;

  @Count()
  readonly failed!: number;

  @Description('Processed or reviewed, without effective observations.')
  @Count()
  readonly blank!: number;

  @Description('With an animal that counts; an image may be with a person or a vehicle too.')
  @Count()
  readonly animal!: number;

  @Count()
  readonly person!: number;

  @Count()
  readonly vehicle!: number;

  @Count()
  readonly reviewed!: number;

  @Count()
  readonly withoutTime!: number;

  @Description(
    'Detections of the latest inference at or above its threshold, without static ones; reviews do not change it.',
  )
  @Count()
  readonly detections!: number;
}

export class SummaryResponse extends EffortResponse implements StudySummary {
  @Description('Null with `label` or `minConfidence`: use `GET /images/count` for those.')
  @OrNull()
  @Nested(ImageCountsResponse)
  readonly images!: ImageCountsResponse | null;

  @Count()
  readonly events!: number;

  @Count()
  readonly individuals!: number;

  @Description('Events without a known time, each of one image.')
  @Count()
  readonly withoutTime!: number;

  @Description('Locations of the deployments.')
  @Count()
  readonly locations!: number;

  @ListOf(KindCountResponse)
  readonly kinds!: readonly KindCountResponse[];
}

class CaptureRateResponse extends KindCountResponse {
  @Description('Events that began within the dates of their deployment: those in the rate.')
  @Count()
  readonly ratedEvents!: number;

  @Description('100 × `ratedEvents` / `trapNights`; null without trap-nights.')
  @OrNull()
  @AnyNumber()
  readonly per100TrapNights!: number | null;
}

class CapturesResponse extends EffortResponse {
  @ListOf(CaptureRateResponse)
  readonly kinds!: readonly CaptureRateResponse[];
}

/** For one deployment or location; all names null: events without one. */
class CapturesAtResponse extends CapturesResponse implements PlaceCaptures {
  @OrNull()
  @Id()
  readonly deploymentId!: number | null;

  @OrNull()
  @AnyText()
  readonly deploymentName!: string | null;

  @OrNull()
  @Id()
  readonly locationId!: number | null;

  @OrNull()
  @AnyText()
  readonly locationName!: string | null;
}

export class CaptureRatesResponse implements CaptureRates {
  @Nested(CapturesResponse)
  readonly total!: CapturesResponse;

  @Description('Empty unless `by` is given.')
  @ListOf(CapturesAtResponse)
  readonly groups!: readonly CapturesAtResponse[];
}

class SeriesResponse extends KindResponse {
  @ListOf(NUMBERS)
  readonly events!: readonly number[];

  @Description('The maximum number in one image of each event, summed over the events.')
  @ListOf(NUMBERS)
  readonly individuals!: readonly number[];
}

export class ActivityResponse implements Activity {
  @Description('Events without a known time: not in any hour.')
  @Count()
  readonly withoutTime!: number;

  @Description('With solar time, events at locations without coordinates: not in any hour either.')
  @Count()
  readonly withoutPlace!: number;

  @Description('24 numbers each, of the hours from 0 on.')
  @ListOf(SeriesResponse)
  readonly kinds!: readonly SeriesResponse[];
}

export class TimelineResponse implements Timeline {
  @Description('The first day of each step, by local calendar; no step is left out.')
  @ListOf({ type: 'string', format: 'date' })
  readonly steps!: readonly string[];

  @Description(
    'Trap-nights of each step; a night belongs to the day on which it begins. 0: no camera with known dates was deployed.',
  )
  @ListOf(NUMBERS)
  readonly trapNights!: readonly number[];

  @Description('Events without a known time: not in any step.')
  @Count()
  readonly withoutTime!: number;

  @Description('One number for each step.')
  @ListOf(SeriesResponse)
  readonly kinds!: readonly SeriesResponse[];
}

class PlacePresenceResponse extends PlaceResponse {
  @OrNull()
  @Id()
  readonly locationId!: number | null;

  @Description('For a deployment whose location is unknown; else null.')
  @OrNull()
  @Id()
  readonly deploymentId!: number | null;

  @Description('Name of the location, or of the deployment.')
  @AnyText()
  readonly name!: string;

  @Count()
  readonly deployments!: number;

  @Count()
  readonly deploymentsWithoutDates!: number;

  @OrNull()
  @Count()
  readonly trapNights!: number | null;

  @Description('0: a camera was deployed there, without such an event.')
  @Count()
  readonly events!: number;

  @Count()
  readonly individuals!: number;

  @OrNull()
  @Time()
  readonly firstSeen!: string | null;

  @OrNull()
  @Time()
  readonly lastSeen!: string | null;

  @Description('Local days on which an event began.')
  @Count()
  readonly daysPresent!: number;

  @ListOf(KindCountResponse)
  readonly kinds!: readonly KindCountResponse[];
}

export class PresenceResponse {
  @ListOf(PlacePresenceResponse)
  readonly places!: readonly PlacePresenceResponse[];

  @Description('Events of images without a deployment: at no location.')
  @Count()
  readonly withoutDeployment!: number;
}

export function presenceResponse({ places, withoutDeployment }: Presence): PresenceResponse {
  return { places: places.map(placeResponse), withoutDeployment };
}

function placeResponse({ firstSeen, lastSeen, ...place }: PlacePresence): PlacePresenceResponse {
  return { ...place, firstSeen: firstSeen?.toISOString() ?? null, lastSeen: lastSeen?.toISOString() ?? null };
}
