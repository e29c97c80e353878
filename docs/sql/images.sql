-- The SQL of the reads of this feature, and of the larger writes.
-- Written by libs/db/src/testing/sql-snapshots.int-spec.ts: run it with UPDATE_SNAPSHOTS=1 after a change.

-- findImage
/* prepared */
select i.id, i.project_id as "projectId", i.deployment_id as "deploymentId", i.ingest_id as "ingestId", i.file_path
  as "fileName",
  encode(i.sha256, 'hex') as sha256, i.format, i.bytes, i.width, i.height,
  i.captured_local as "capturedLocal", i.captured_at as "capturedAt", p.timezone,
  case when p.id is not null or i.manual_local is not null then coalesce("i"."manual_local", "i"."captured_local" + coalesce("p"."clock_offset_seconds", 0) * interval '1 second') end as "localTime",
  case when i.manual_local is not null then 'manual' when i.captured_local is not null then 'exif' else 'none' end
    as "timeSource",
  i.dst_issue as "dstIssue", coalesce("i"."captured_at" < "p"."starts_at"
or "i"."captured_at" > "p"."ends_at", false) as "isOutsideDeployment", i.camera_make
    as "cameraMake", i.camera_model as "cameraModel",
  i.latitude, i.longitude, requested.value, latest.warning, latest.detections,
  case when latest.found then 'done' when failed.code is not null then 'failed' else 'pending' end as status,
  case when failed.code is not null then json_build_object('code', failed.code, 'message', failed.message) end
    as failure
from (select unnest($1::bigint[]), null) requested (id, value) join images i on i.id = requested.id
left join deployments p on p.id = i.deployment_id
cross join lateral (
  select count(*) > 0 as found, max(f.warning) as warning, json_agg(json_build_array(
      d.id, d.category, d.label, d.confidence, d.x, d.y, d.width, d.height, m.name || ' ' || m.version,
        exists (select 1 from static_detections b
where b.id = d.static_detection_id and b.dismissed_at is null), (
        select json_agg(json_build_array(c.label, c.score, cm.name || ' ' || cm.version)
          order by c.model_id, c.rank)
        from classifications c join models cm on cm.id = c.model_id where c.detection_id = d.id)))
    filter (where d.id is not null) as detections
  from inferences f join models m on m.id = f.model_id
  left join detections d on d.inference_id = f.id
    and d.confidence >= coalesce($2::real, m.threshold)
  where f.image_id = i.id
) latest
left join lateral (
  select t.error_code as code, t.error_message as message from tasks t
  where not latest.found and t.kind = 'detect' and t.subject_id = i.id and t.state = 'failed'
    order by t.id desc limit 1
) failed on true;

-- findEventSpan
/* prepared */ select deployment_id as "deploymentId", category, label, first_image_id as "firstImageId", starts_at
as "startsAt", ends_at as "endsAt"
from events where id = $1;

-- listImages, of a project
/* prepared */ with page as materialized (select "s"."image_id", "s"."image_id" as value from image_summaries s
where true and s.project_id = $1  and "s"."image_id" is not null  order by "s"."image_id" asc, "s"."image_id" asc limit 10)
select i.id, i.project_id as "projectId", i.deployment_id as "deploymentId", i.ingest_id as "ingestId", i.file_path
as "fileName",
encode(i.sha256, 'hex') as sha256, i.format, i.bytes, i.width, i.height,
i.captured_local as "capturedLocal", i.captured_at as "capturedAt", p.timezone,
case when p.id is not null or i.manual_local is not null then coalesce("i"."manual_local", "i"."captured_local" + coalesce("p"."clock_offset_seconds", 0) * interval '1 second') end as "localTime",
case when i.manual_local is not null then 'manual' when i.captured_local is not null then 'exif' else 'none' end
  as "timeSource",
i.dst_issue as "dstIssue", coalesce("i"."captured_at" < "p"."starts_at"
or "i"."captured_at" > "p"."ends_at", false) as "isOutsideDeployment", i.camera_make
  as "cameraMake", i.camera_model as "cameraModel",
i.latitude, i.longitude, requested.value, latest.warning, latest.detections,
case when latest.found then 'done' when failed.code is not null then 'failed' else 'pending' end as status,
case when failed.code is not null then json_build_object('code', failed.code, 'message', failed.message) end
  as failure
from (select image_id, value from page) requested (id, value) join images i on i.id = requested.id
left join deployments p on p.id = i.deployment_id
cross join lateral (
select count(*) > 0 as found, max(f.warning) as warning, json_agg(json_build_array(
    d.id, d.category, d.label, d.confidence, d.x, d.y, d.width, d.height, m.name || ' ' || m.version,
      exists (select 1 from static_detections b
where b.id = d.static_detection_id and b.dismissed_at is null), (
      select json_agg(json_build_array(c.label, c.score, cm.name || ' ' || cm.version)
        order by c.model_id, c.rank)
      from classifications c join models cm on cm.id = c.model_id where c.detection_id = d.id)))
  filter (where d.id is not null) as detections
from inferences f join models m on m.id = f.model_id
left join detections d on d.inference_id = f.id
  and d.confidence >= coalesce($2::real, m.threshold)
where f.image_id = i.id
) latest
left join lateral (
select t.error_code as code, t.error_message as message from tasks t
where not latest.found and t.kind = 'detect' and t.subject_id = i.id and t.state = 'failed'
  order by t.id desc limit 1
) failed on true
order by requested.value asc, requested.id asc;

-- listImages, by category and time
/* prepared */ with page as materialized (select "s"."image_id", "s"."captured_at" as value from image_summaries s
where true and s.project_id = $1 and s.captured_at >= $2 and s.captured_at < $3 and "s"."has_animal"  and "s"."captured_at" is not null and ("s"."captured_at", "s"."image_id") > ($4::timestamptz,
    $5::bigint) order by "s"."captured_at" asc, "s"."image_id" asc limit 10)
select i.id, i.project_id as "projectId", i.deployment_id as "deploymentId", i.ingest_id as "ingestId", i.file_path
as "fileName",
encode(i.sha256, 'hex') as sha256, i.format, i.bytes, i.width, i.height,
i.captured_local as "capturedLocal", i.captured_at as "capturedAt", p.timezone,
case when p.id is not null or i.manual_local is not null then coalesce("i"."manual_local", "i"."captured_local" + coalesce("p"."clock_offset_seconds", 0) * interval '1 second') end as "localTime",
case when i.manual_local is not null then 'manual' when i.captured_local is not null then 'exif' else 'none' end
  as "timeSource",
i.dst_issue as "dstIssue", coalesce("i"."captured_at" < "p"."starts_at"
or "i"."captured_at" > "p"."ends_at", false) as "isOutsideDeployment", i.camera_make
  as "cameraMake", i.camera_model as "cameraModel",
i.latitude, i.longitude, requested.value, latest.warning, latest.detections,
case when latest.found then 'done' when failed.code is not null then 'failed' else 'pending' end as status,
case when failed.code is not null then json_build_object('code', failed.code, 'message', failed.message) end
  as failure
from (select image_id, value from page) requested (id, value) join images i on i.id = requested.id
left join deployments p on p.id = i.deployment_id
cross join lateral (
select count(*) > 0 as found, max(f.warning) as warning, json_agg(json_build_array(
    d.id, d.category, d.label, d.confidence, d.x, d.y, d.width, d.height, m.name || ' ' || m.version,
      exists (select 1 from static_detections b
where b.id = d.static_detection_id and b.dismissed_at is null), (
      select json_agg(json_build_array(c.label, c.score, cm.name || ' ' || cm.version)
        order by c.model_id, c.rank)
      from classifications c join models cm on cm.id = c.model_id where c.detection_id = d.id)))
  filter (where d.id is not null) as detections
from inferences f join models m on m.id = f.model_id
left join detections d on d.inference_id = f.id
  and d.confidence >= coalesce($6::real, m.threshold)
where f.image_id = i.id
) latest
left join lateral (
select t.error_code as code, t.error_message as message from tasks t
where not latest.found and t.kind = 'detect' and t.subject_id = i.id and t.state = 'failed'
  order by t.id desc limit 1
) failed on true
order by requested.value asc, requested.id asc;

-- listImages, by label
/* prepared */ with page as materialized (select "o"."image_id", "o"."confidence" as value from (select * from observations o where o.project_id = $1 and o.label = $2
and not exists (select 1 from observations other
  where other.image_id = o.image_id and other.label = o.label and other.category < o.category)) o where true and "o"."confidence" is not null  order by "o"."confidence" desc, "o"."image_id" desc limit 10)
select i.id, i.project_id as "projectId", i.deployment_id as "deploymentId", i.ingest_id as "ingestId", i.file_path
  as "fileName",
  encode(i.sha256, 'hex') as sha256, i.format, i.bytes, i.width, i.height,
  i.captured_local as "capturedLocal", i.captured_at as "capturedAt", p.timezone,
  case when p.id is not null or i.manual_local is not null then coalesce("i"."manual_local", "i"."captured_local" + coalesce("p"."clock_offset_seconds", 0) * interval '1 second') end as "localTime",
  case when i.manual_local is not null then 'manual' when i.captured_local is not null then 'exif' else 'none' end
    as "timeSource",
  i.dst_issue as "dstIssue", coalesce("i"."captured_at" < "p"."starts_at"
or "i"."captured_at" > "p"."ends_at", false) as "isOutsideDeployment", i.camera_make
    as "cameraMake", i.camera_model as "cameraModel",
  i.latitude, i.longitude, requested.value, latest.warning, latest.detections,
  case when latest.found then 'done' when failed.code is not null then 'failed' else 'pending' end as status,
  case when failed.code is not null then json_build_object('code', failed.code, 'message', failed.message) end
    as failure
from (select image_id, value from page) requested (id, value) join images i on i.id = requested.id
left join deployments p on p.id = i.deployment_id
cross join lateral (
  select count(*) > 0 as found, max(f.warning) as warning, json_agg(json_build_array(
      d.id, d.category, d.label, d.confidence, d.x, d.y, d.width, d.height, m.name || ' ' || m.version,
        exists (select 1 from static_detections b
where b.id = d.static_detection_id and b.dismissed_at is null), (
        select json_agg(json_build_array(c.label, c.score, cm.name || ' ' || cm.version)
          order by c.model_id, c.rank)
        from classifications c join models cm on cm.id = c.model_id where c.detection_id = d.id)))
    filter (where d.id is not null) as detections
  from inferences f join models m on m.id = f.model_id
  left join detections d on d.inference_id = f.id
    and d.confidence >= coalesce($3::real, m.threshold)
  where f.image_id = i.id
) latest
left join lateral (
  select t.error_code as code, t.error_message as message from tasks t
  where not latest.found and t.kind = 'detect' and t.subject_id = i.id and t.state = 'failed'
    order by t.id desc limit 1
) failed on true
  order by requested.value desc, requested.id desc;

-- listImages, of a location
/* prepared */ with page as materialized (
select page.* from (select id from deployments where location_id = $1) place
cross join lateral (select "s"."image_id", "s"."image_id" as value from image_summaries s
  where s.deployment_id = place.id and true and s.project_id = $2  and "s"."image_id" is not null  order by "s"."image_id" asc, "s"."image_id" asc limit 10) page
order by page.value asc, page.image_id asc limit 10)
select i.id, i.project_id as "projectId", i.deployment_id as "deploymentId", i.ingest_id as "ingestId", i.file_path
  as "fileName",
  encode(i.sha256, 'hex') as sha256, i.format, i.bytes, i.width, i.height,
  i.captured_local as "capturedLocal", i.captured_at as "capturedAt", p.timezone,
  case when p.id is not null or i.manual_local is not null then coalesce("i"."manual_local", "i"."captured_local" + coalesce("p"."clock_offset_seconds", 0) * interval '1 second') end as "localTime",
  case when i.manual_local is not null then 'manual' when i.captured_local is not null then 'exif' else 'none' end
    as "timeSource",
  i.dst_issue as "dstIssue", coalesce("i"."captured_at" < "p"."starts_at"
or "i"."captured_at" > "p"."ends_at", false) as "isOutsideDeployment", i.camera_make
    as "cameraMake", i.camera_model as "cameraModel",
  i.latitude, i.longitude, requested.value, latest.warning, latest.detections,
  case when latest.found then 'done' when failed.code is not null then 'failed' else 'pending' end as status,
  case when failed.code is not null then json_build_object('code', failed.code, 'message', failed.message) end
    as failure
from (select image_id, value from page) requested (id, value) join images i on i.id = requested.id
left join deployments p on p.id = i.deployment_id
cross join lateral (
  select count(*) > 0 as found, max(f.warning) as warning, json_agg(json_build_array(
      d.id, d.category, d.label, d.confidence, d.x, d.y, d.width, d.height, m.name || ' ' || m.version,
        exists (select 1 from static_detections b
where b.id = d.static_detection_id and b.dismissed_at is null), (
        select json_agg(json_build_array(c.label, c.score, cm.name || ' ' || cm.version)
          order by c.model_id, c.rank)
        from classifications c join models cm on cm.id = c.model_id where c.detection_id = d.id)))
    filter (where d.id is not null) as detections
  from inferences f join models m on m.id = f.model_id
  left join detections d on d.inference_id = f.id
    and d.confidence >= coalesce($3::real, m.threshold)
  where f.image_id = i.id
) latest
left join lateral (
  select t.error_code as code, t.error_message as message from tasks t
  where not latest.found and t.kind = 'detect' and t.subject_id = i.id and t.state = 'failed'
    order by t.id desc limit 1
) failed on true
  order by requested.value asc, requested.id asc;

-- listImages, of a run by confidence
select "s"."image_id", "s"."image_id" as value from image_summaries s
where true and exists (select 1 from tasks t where t.kind = 'detect' and t.run_id = $1
and t.subject_id = s.image_id ) and exists (select 1 from inferences f where f.image_id = s.image_id and f.model_id = (select model_id from runs where id = $2) and "f"."animal" >= coalesce($3::real,
(select m.threshold from models m join runs r on r.model_id = m.id where r.id = $4)))  and "s"."image_id" is not null  order by "s"."image_id" asc, "s"."image_id" asc limit $5;

/* prepared */
select i.id, i.project_id as "projectId", i.deployment_id as "deploymentId", i.ingest_id as "ingestId", i.file_path
  as "fileName",
  encode(i.sha256, 'hex') as sha256, i.format, i.bytes, i.width, i.height,
  i.captured_local as "capturedLocal", i.captured_at as "capturedAt", p.timezone,
  case when p.id is not null or i.manual_local is not null then coalesce("i"."manual_local", "i"."captured_local" + coalesce("p"."clock_offset_seconds", 0) * interval '1 second') end as "localTime",
  case when i.manual_local is not null then 'manual' when i.captured_local is not null then 'exif' else 'none' end
    as "timeSource",
  i.dst_issue as "dstIssue", coalesce("i"."captured_at" < "p"."starts_at"
or "i"."captured_at" > "p"."ends_at", false) as "isOutsideDeployment", i.camera_make
    as "cameraMake", i.camera_model as "cameraModel",
  i.latitude, i.longitude, requested.value, latest.warning, latest.detections,
  case when latest.found then 'done' when failed.code is not null then 'failed' else 'pending' end as status,
  case when failed.code is not null then json_build_object('code', failed.code, 'message', failed.message) end
    as failure
from (select unnest($1::bigint[]), null) requested (id, value) join images i on i.id = requested.id
left join deployments p on p.id = i.deployment_id
cross join lateral (
  select count(*) > 0 as found, max(f.warning) as warning, json_agg(json_build_array(
      d.id, d.category, d.label, d.confidence, d.x, d.y, d.width, d.height, m.name || ' ' || m.version,
        exists (select 1 from static_detections b
where b.id = d.static_detection_id and b.dismissed_at is null), (
        select json_agg(json_build_array(c.label, c.score, cm.name || ' ' || cm.version)
          order by c.model_id, c.rank)
        from classifications c join models cm on cm.id = c.model_id where c.detection_id = d.id)))
    filter (where d.id is not null) as detections
  from inferences f join models m on m.id = f.model_id
  left join detections d on d.inference_id = f.id
    and d.confidence >= coalesce($2::real, m.threshold)
  where f.image_id = i.id and f.model_id = (select model_id from runs where id = $3)
) latest
left join lateral (
  select t.error_code as code, t.error_message as message from tasks t
  where not latest.found and t.kind = 'detect' and t.subject_id = i.id and t.state = 'failed' and t.run_id = $4
    order by t.id desc limit 1
) failed on true;

-- listImages, failed
select "s"."image_id", "s"."image_id" as value from image_summaries s
where true and s.project_id = $1 and not s.processed and exists (select 1 from tasks t
where t.kind = 'detect' and t.state = 'failed' and t.subject_id = s.image_id  ) and not s.processed and exists (select 1 from tasks t
where t.kind = 'detect' and t.state = 'failed' and t.subject_id = s.image_id  and t.error_code = $2)  and "s"."image_id" is not null  order by "s"."image_id" asc, "s"."image_id" asc limit $3;

-- countImages, summed
select coalesce(sum(count), 0)::int as images, count(*)::int as rows from image_counts_by_hour
where true and project_id = $1 and "has_animal" and local_hour = any($2::smallint[]);

select coalesce(sum(count), 0)::bigint as version from project_changes
where project_id = $1;

-- countImages, one by one
select count(distinct image_id)::int as images, count(*)::int as rows
from (select image_id from (select o.image_id as observed_id from observations o where o.project_id = $1 and o.label = $2) o join image_summaries s on s.image_id = o.observed_id
where true and s.project_id = $3 and s.review_id is null limit $4) counted;

select coalesce(sum(count), 0)::bigint as version from project_changes
where project_id = $1;

-- ImageRepository.findDownloadable
select "id", "mode", "location", "file_path" as "filePath", "format", "bytes", "sha256"
from "images"
where "id" = $1;

-- ImageRepository.findIdsByHash
select "id", "sha256"
from "images"
where "project_id" = $1 and "sha256" in ($2);
