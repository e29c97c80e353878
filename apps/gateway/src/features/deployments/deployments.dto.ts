import type { DeploymentTimes, DeploymentWithLocation } from '@pugmark/db';
import {
  About,
  Count,
  Id,
  Instant,
  Integer,
  MayBeAbsent,
  Nested,
  Optional,
  OrNull,
  Text,
  Time,
  Words,
} from '../../http/dto/fields';
import { Coordinates, PlaceResponse } from '../locations/locations.dto';

/** About 63 years: a camera that fell back to 1970 can still be put right. */
const LARGEST_OFFSET = 2_000_000_000;

/** Of a deployment, what may be absent when it is made and when it is corrected. */
class DeploymentFacts extends Coordinates {
  @About("Seconds to add to the camera's clock to get the local time.")
  @Optional()
  @Integer(-LARGEST_OFFSET, LARGEST_OFFSET)
  readonly clockOffsetSeconds?: number | null;

  @About('Which camera stands there, as people name it.')
  @Optional()
  @Text(200)
  readonly camera?: string | null;

  @About('Where it stands; a location of this name is made if the project has none.')
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

export class CreateDeploymentBody extends DeploymentFacts {
  @Text(200)
  readonly name!: string;

  @About("IANA name of the zone that the camera's clock shows, such as `Europe/Berlin`.")
  @Text(64)
  readonly timezone!: string;
}

/** What is absent stays as it is; null takes it away. A new zone or clock offset moves all images of the deployment in time. */
export class UpdateDeploymentBody extends DeploymentFacts {
  @MayBeAbsent()
  @Text(200)
  readonly name?: string;

  @About("IANA name of the zone that the camera's clock shows, such as `Europe/Berlin`.")
  @MayBeAbsent()
  @Text(64)
  readonly timezone?: string;
}

export class DeploymentResponse extends PlaceResponse {
  @Id()
  readonly id!: number;

  @Id()
  readonly projectId!: number;

  @Words()
  readonly name!: string;

  @OrNull()
  @Words()
  readonly camera!: string | null;

  @About("IANA name of the zone that the camera's clock shows.")
  @Words()
  readonly timezone!: string;

  @Integer(-LARGEST_OFFSET, LARGEST_OFFSET)
  readonly clockOffsetSeconds!: number;

  @OrNull()
  @Id()
  readonly locationId!: number | null;

  @OrNull()
  @Words()
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

/** How the times of a deployment's images are, in images. */
class DeploymentTimesResponse {
  @Count()
  readonly images!: number;

  @Count()
  readonly withoutTime!: number;

  @About('Taken before the start or after the end of the deployment.')
  @Count()
  readonly outOfDates!: number;

  @About('Readings that a change of the clocks skipped.')
  @Count()
  readonly inDstGap!: number;

  @About('Readings that a change of the clocks showed twice.')
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

export function deploymentDetails(row: DeploymentWithLocation, times: DeploymentTimes): DeploymentDetailsResponse {
  const { images, withoutTime, outOfDates, inDstGap, inDstOverlap, first, last } = times;
  return {
    ...deploymentResponse(row),
    times: {
      images,
      withoutTime,
      outOfDates,
      inDstGap,
      inDstOverlap,
      first: first?.toISOString() ?? null,
      last: last?.toISOString() ?? null,
    },
  };
}
