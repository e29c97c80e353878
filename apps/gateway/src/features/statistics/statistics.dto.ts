import type {
  Activity,
  CaptureRates,
  CapturesAt,
  Counted,
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
  About,
  Amount,
  Count,
  Id,
  ListOf,
  MayBeAbsent,
  Nested,
  OneOf,
  OrNull,
  QueryInteger,
  Time,
  Words,
} from '../../http/dto/fields';
import { PlaceResponse } from '../locations/locations.dto';
import { EventFilterQuery } from '../images/observed.dto';

const NUMBERS = { type: 'integer', minimum: 0 } as const;

/** What every statistic takes. */
export class StatisticsQuery extends EventFilterQuery implements Grouping {
  @About(
    'By animal, person and vehicle, or by what they are called. An event of a category may be of several labels: those need not add up to it.',
  )
  @OneOf(['category', 'label'])
  readonly groupBy: EventKind = 'category';

  @About('Of the labels, how many stand by themselves, those with the most events; the others are added up.')
  @QueryInteger(1, 50)
  readonly top: number = 20;
}

export class CapturesQuery extends StatisticsQuery {
  @About('Also for each deployment or location.')
  @MayBeAbsent()
  @OneOf(['deployment', 'location'])
  readonly by?: 'deployment' | 'location';
}

export class ActivityQuery extends StatisticsQuery {
  @About('`local`: the clocks of the place. `solar`: the sun over it, at its highest at 12.')
  @OneOf(['local', 'solar'])
  readonly clock: 'local' | 'solar' = 'local';
}

export class TimelineQuery extends StatisticsQuery {
  @About('Weeks are those of ISO 8601.')
  @OneOf(CALENDAR_STEPS)
  readonly by: CalendarStep = 'day';
}

class KindResponse implements Kind {
  @About('Null: all labels that are not listed by themselves.')
  @OrNull()
  @OneOf(CATEGORIES)
  readonly category!: Category | null;

  @About('Null unless grouped by label.')
  @OrNull()
  @Words()
  readonly label!: string | null;
}

class KindCountResponse extends KindResponse implements Counted {
  @Count()
  readonly events!: number;

  @About('The largest number in one image of each event, added up over the events.')
  @Count()
  readonly individuals!: number;
}

class EffortResponse implements Effort {
  @Count()
  readonly deployments!: number;

  @About('Of them, those without a known start: their nights are not known, and are in no rate.')
  @Count()
  readonly deploymentsWithoutDates!: number;

  @About('Nights that a camera stood; null where no deployment has dates.')
  @OrNull()
  @Count()
  readonly trapNights!: number | null;
}

class ImageCountsResponse {
  @Count()
  readonly images!: number;

  @About('A model has looked at them. `answered`, `pending` and `failed` make up all images.')
  @Count()
  readonly answered!: number;

  @Count()
  readonly pending!: number;

  @Count()
  readonly failed!: number;

  @About('Looked at, by a model or a person, and nothing counts.')
  @Count()
  readonly blank!: number;

  @About('With an animal that counts; an image may be with a person or a vehicle too.')
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

  @About(
    'Boxes of the model that looked last, from its threshold on, without static ones; reviews change nothing of it.',
  )
  @Count()
  readonly detections!: number;
}

export class SummaryResponse extends EffortResponse implements StudySummary {
  @About('Null with `label` or `minConfidence`: `GET /images/count` counts those.')
  @OrNull()
  @Nested(ImageCountsResponse)
  readonly images!: ImageCountsResponse | null;

  @Count()
  readonly events!: number;

  @Count()
  readonly individuals!: number;

  @About('Events without a known time: each of one image.')
  @Count()
  readonly withoutTime!: number;

  @About('At which the deployments stood.')
  @Count()
  readonly locations!: number;

  @ListOf(KindCountResponse)
  readonly kinds!: readonly KindCountResponse[];
}

class CaptureRateResponse extends KindCountResponse {
  @About('Events that began within the dates of their deployment: those that the rate counts.')
  @Count()
  readonly ratedEvents!: number;

  @About('100 × `ratedEvents` / `trapNights`; null without a night.')
  @OrNull()
  @Amount()
  readonly per100TrapNights!: number | null;
}

class CapturesResponse extends EffortResponse {
  @ListOf(CaptureRateResponse)
  readonly kinds!: readonly CaptureRateResponse[];
}

/** Of one deployment or location; all names null: of what has none. */
class CapturesAtResponse extends CapturesResponse implements CapturesAt {
  @OrNull()
  @Id()
  readonly deploymentId!: number | null;

  @OrNull()
  @Words()
  readonly deploymentName!: string | null;

  @OrNull()
  @Id()
  readonly locationId!: number | null;

  @OrNull()
  @Words()
  readonly locationName!: string | null;
}

export class CaptureRatesResponse implements CaptureRates {
  @Nested(CapturesResponse)
  readonly total!: CapturesResponse;

  @About('Empty unless `by` is given.')
  @ListOf(CapturesAtResponse)
  readonly groups!: readonly CapturesAtResponse[];
}

class SeriesResponse extends KindResponse {
  @ListOf(NUMBERS)
  readonly events!: readonly number[];

  @About('The largest number in one image of each event, added up over the events.')
  @ListOf(NUMBERS)
  readonly individuals!: readonly number[];
}

export class ActivityResponse implements Activity {
  @About('Events without a known time: in no hour.')
  @Count()
  readonly withoutTime!: number;

  @About('By the sun, events at places without coordinates: in no hour either.')
  @Count()
  readonly withoutPlace!: number;

  @About('24 numbers each, of the hours from 0 on.')
  @ListOf(SeriesResponse)
  readonly kinds!: readonly SeriesResponse[];
}

export class TimelineResponse implements Timeline {
  @About('The first day of each step, of the local calendars; no step is left out.')
  @ListOf({ type: 'string', format: 'date' })
  readonly steps!: readonly string[];

  @About('Of each step; a night belongs to the day on which it begins. 0: no camera whose dates are known stood then.')
  @ListOf(NUMBERS)
  readonly trapNights!: readonly number[];

  @About('Events without a known time: in no step.')
  @Count()
  readonly withoutTime!: number;

  @About('One number for each step.')
  @ListOf(SeriesResponse)
  readonly kinds!: readonly SeriesResponse[];
}

class PlacePresenceResponse extends PlaceResponse {
  @OrNull()
  @Id()
  readonly locationId!: number | null;

  @About('Of a deployment whose location is not known; else null.')
  @OrNull()
  @Id()
  readonly deploymentId!: number | null;

  @About('Of the location, or of the deployment.')
  @Words()
  readonly name!: string;

  @Count()
  readonly deployments!: number;

  @Count()
  readonly deploymentsWithoutDates!: number;

  @OrNull()
  @Count()
  readonly trapNights!: number | null;

  @About('0: a camera stood there, and it was not seen.')
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

  @About('Local days on which an event began.')
  @Count()
  readonly daysPresent!: number;

  @ListOf(KindCountResponse)
  readonly kinds!: readonly KindCountResponse[];
}

export class PresenceResponse {
  @ListOf(PlacePresenceResponse)
  readonly places!: readonly PlacePresenceResponse[];

  @About('Events of images whose deployment is not known: at no place.')
  @Count()
  readonly withoutDeployment!: number;
}

export function presenceResponse({ places, withoutDeployment }: Presence): PresenceResponse {
  return { places: places.map(placeResponse), withoutDeployment };
}

function placeResponse({ firstSeen, lastSeen, ...place }: PlacePresence): PlacePresenceResponse {
  return { ...place, firstSeen: firstSeen?.toISOString() ?? null, lastSeen: lastSeen?.toISOString() ?? null };
}
