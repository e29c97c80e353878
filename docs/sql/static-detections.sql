-- The SQL of the reads of this feature, and of the larger writes.
-- Written by libs/db/src/testing/sql-snapshots.int-spec.ts: run it with UPDATE_SNAPSHOTS=1 after a change.

-- StaticDetectionRepository.findDue
select deployment_id as id from stale_static_detections group by deployment_id
having max(marked_at) <= now() - $1 * interval '1 second'
  or min(marked_at) <= now() - $2 * interval '1 second'
order by min(marked_at), deployment_id;

-- StaticDetectionRepository.search
select pg_try_advisory_xact_lock($1::int, $2::int) as free;

delete from "stale_static_detections" where "deployment_id" = $1;

select "image_id", "inference_id"
from "image_summaries"
where "deployment_id" = $1 and "image_id" > $2
order by "image_id"
limit $3;

select d.id, d.image_id as "imageId", d.category, d.static_detection_id as "staticDetectionId", d.x, d.y,
d.width, d.height
from inferences f join models m on m.id = f.model_id
join detections d on d.inference_id = f.id and d.confidence >= m.threshold
where f.id = any($1::bigint[]);

select "id", "category", "x", "y", "width", "height"
from "static_detections"
where "deployment_id" = $1;

select "detections"."id", "detections"."image_id", "static_detections"."id" as "static_detection_id"
from "static_detections"
inner join "detections" on "detections"."static_detection_id" = "static_detections"."id"
where "static_detections"."deployment_id" = $1;

update static_detections b set images = found.images
from (
  select s.id, count(distinct d.image_id) as images from static_detections s
  left join detections d on d.static_detection_id = s.id
  where s.deployment_id = $1 group by s.id) found
where b.id = found.id and b.images <> found.images;

-- StaticDetectionRepository.page
select b.id, b.project_id as "projectId", b.deployment_id as "deploymentId", b.category, b.x, b.y, b.width, b.height,
b.images,
found.example as "exampleImageId", found.first as "firstAt", found.last as "lastAt",
b.dismissed_at as "dismissedAt",
  b.dismissed_by as "dismissedBy", b.created_at as "createdAt"
from static_detections b
cross join lateral (
select min(d.image_id) as example, min(s.captured_at) as first, max(s.captured_at) as last
from detections d join image_summaries s on s.image_id = d.image_id where d.static_detection_id = b.id) found where b.deployment_id = $1 and b.id > $2
    order by b.id limit $3;
