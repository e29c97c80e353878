import type { DeploymentTimes, DeploymentWithLocation } from '@pugmark/db';
import {
  Description,
  Count,
  Id,
  Instant,
  Integer,
  OptionalNotNull,
  Nested,
  Optional,
  OrNull,
  Text,
  Time,
  AnyText,
} from '../../http/dto/fields';
import { Coordinates, PlaceResponse } from '../locations/locations.dto';

/** About 63 years: enough to correct a camera that was reset to 1970. */
const MAX_CLOCK_OFFSET_SECONDS = 2_000_000_000;

/** Optional fields of a deployment, on creation and on update. */
class OptionalDeploymentFields extends Coordinates {
  @Description("Seconds to add to the camera's clock to get the local time.")
  @Optional()
  @Integer(-MAX_CLOCK_OFFSET_SECONDS, MAX_CLOCK_OFFSET_SECONDS)
  readonly clockOffsetSeconds?: number | null;

  @Description('Name of the camera that stands there.')
  @Optional()
  @Text(200)
  readonly camera?: string | null;

  @Description('Name of the location; created if the project has none of this name.')
  @Optional()
  @Text(200)
  readonly locationName?: string | null;

  @Optional()
  @Instant()
  readonly startsAt?: Date | null;

  @Optional()
  @Instant()
  readonly endsAt?: Date | null;
}

export class CreateDeploymentBody extends OptionalDeploymentFields {
  @Text(200)
  readonly name!: string;

  @Description("IANA name of the zone that the camera's clock shows, such as `Europe/Berlin`.")
  @Text(64)
  readonly timezone!: string;
}

/**
 * Absent fields stay unchanged; null clears a field. A new zone or clock offset shifts the times of all images of the
 * deployment: of up to 2,000 at once, of more in a bulk change (`unfinishedChangeId`).
 */
export class UpdateDeploymentBody extends OptionalDeploymentFields {
  @OptionalNotNull()
  @Text(200)
  readonly name?: string;

  @Description("IANA name of the zone that the camera's clock shows, such as `Europe/Berlin`.")
  @OptionalNotNull()
  @Text(64)
  readonly timezone?: string;
}

export class DeploymentResponse extends PlaceResponse {
  @Id()
  readonly id!: number;

  @Id()
  readonly projectId!: number;

  @AnyText()
  readonly name!: string;

  @OrNull()
  @AnyText()
  readonly camera!: string | null;

  @Description("IANA name of the zone that the camera's clock shows.")
  @AnyText()
  readonly timezone!: string;

  @Integer(-MAX_CLOCK_OFFSET_SECONDS, MAX_CLOCK_OFFSET_SECONDS)
  readonly clockOffsetSeconds!: number;

  @OrNull()
  @Id()
  readonly locationId!: number | null;

  @OrNull()
  @AnyText()
  readonly locationName!: string | null;

  @OrNull()
  @Time()
  readonly startsAt!: string | null;

  @OrNull()
  @Time()
  readonly endsAt!: string | null;

  @Time()
  readonly createdAt!: string;
}

/** How many images have which kind of time. */
class DeploymentTimesResponse {
  @Count()
  readonly images!: number;

  @Count()
  readonly withoutTime!: number;

  @Description('Captured before the start or after the end of the deployment.')
  @Count()
  readonly outsideDeployment!: number;

  @Description('Local times that a daylight saving change skipped.')
  @Count()
  readonly inDstGap!: number;

  @Description('Local times that a daylight saving change repeated.')
  @Count()
  readonly inDstOverlap!: number;

  @OrNull()
  @Time()
  readonly first!: string | null;

  @OrNull()
  @Time()
  readonly last!: string | null;
}

export class DeploymentDetailsResponse extends DeploymentResponse {
  @Nested(DeploymentTimesResponse)
  readonly times!: DeploymentTimesResponse;

  @Description(
    'The bulk change that derives the times of the images again after a correction: under way, failed or cancelled. Null: all times follow from the values above.',
  )
  @OrNull()
  @Id()
  readonly unfinishedChangeId!: number | null;
}

export function deploymentResponse(row: DeploymentWithLocation): DeploymentResponse {
  return {
    id: row.id,
    projectId: row.project_id,
    name: row.name,
    camera: row.camera,
    timezone: row.timezone,
    clockOffsetSeconds: row.clock_offset_seconds,
    locationId: row.location_id,
    locationName: row.location_name,
    latitude: row.latitude,
    longitude: row.longitude,
    startsAt: row.starts_at?.toISOString() ?? null,
    endsAt: row.ends_at?.toISOString() ?? null,
    createdAt: row.created_at.toISOString(),
  };
}

export function deploymentDetails(
  row: DeploymentWithLocation,
  times: DeploymentTimes,
  unfinishedChangeId: number | null,
): DeploymentDetailsResponse {
  const { images, withoutTime, outsideDeployment, inDstGap, inDstOverlap, first, last } = times;
  return {
    ...deploymentResponse(row),
    times: {
      images,
      withoutTime,
      outsideDeployment,
      inDstGap,
      inDstOverlap,
      first: first?.toISOString() ?? null,
      last: last?.toISOString() ?? null,
    },
    unfinishedChangeId,
  };
}
