-- The SQL of the reads of this feature, and of the larger writes.
-- Written by libs/db/src/testing/sql-snapshots.int-spec.ts: run it with UPDATE_SNAPSHOTS=1 after a change.

-- ExportRepository.page
select "exports".*, "tasks"."state" as "task_state", "tasks"."error_code", "tasks"."error_message", coalesce(exports.expires_at < now(), false) as "expired"
from "exports"
inner join "tasks" on "tasks"."subject_id" = "exports"."id" and "tasks"."kind" = $1
where "exports"."project_id" = $2 and "exports"."id" > $3
order by "exports"."id"
limit $4;

-- ExportRepository.listExpired
select "id", "file_key"
from "exports"
where "expires_at" < now() and "file_key" is not null
limit $1;

-- ExportRepository.filterKnownFileKeys
select "file_key"
from "exports"
where "file_key" in ($1);

-- streamDetectionRows
select count(*)::int as total
from detections d
join inferences f on f.id = d.inference_id
join models m on m.id = f.model_id
join images i on i.id = d.image_id
left join deployments p on p.id = i.deployment_id
left join locations l on l.id = p.location_id
where d.confidence >= coalesce($1::real, m.threshold) and d.category = $2 and f.model_id = (select model_id from runs where id = $3) and i.project_id = $4 and i.deployment_id = $5 and exists (select 1 from tasks t where t.kind = 'detect' and t.subject_id = i.id
    and t.run_id = $6);

select i.id from images i where i.project_id = $1 and i.deployment_id = $2 and exists (select 1 from tasks t where t.kind = 'detect' and t.subject_id = i.id
and t.run_id = $3) and i.id > $4 order by i.id limit $5;

select d.id as "detectionId", i.id as "imageId", i.file_path as "filePath", encode(i.sha256, 'hex') as sha256,
p.name as deployment, l.name as location, i.captured_local as "capturedLocal", p.timezone, i.captured_at
  as "capturedAt",
d.category, d.label, d.confidence, d.x, d.y, d.width, d.height, i.width as "imageWidth", i.height
  as "imageHeight",
m.name as model, m.version as "modelVersion",
classified.label as classification, classified.score as "classificationScore", classified.classifier,
not not exists (select 1 from static_detections b
where b.id = d.static_detection_id and b.dismissed_at is null) as static, verdict.review, verdict.label as "reviewLabel"
from detections d
join inferences f on f.id = d.inference_id
join models m on m.id = f.model_id
join images i on i.id = d.image_id
left join deployments p on p.id = i.deployment_id
left join locations l on l.id = p.location_id
left join lateral (
select c.label, c.score, cm.name || ' ' || cm.version as classifier
from classifications c join models cm on cm.id = c.model_id
where c.detection_id = d.id and c.rank = 1 and c.model_id = (select classifier_id from runs where id = $1) order by c.model_id desc limit 1
) classified on true
left join lateral (
select r.id, r.observations from reviews r
where r.image_id = i.id and r.undone_at is null order by r.id desc limit 1
) review on true
left join lateral (
select coalesce(named.review, case when not omitted.may_be_shown then 'rejected' end) as review, named.label
from (
select coalesce(bool_or(
observed.category = d.category and other.inference_id is distinct from d.inference_id
and (observed.box is null
or (observed.box->>'x')::float < d.x + d.width
and d.x < (observed.box->>'x')::float + (observed.box->>'width')::float
and (observed.box->>'y')::float < d.y + d.height
and d.y < (observed.box->>'y')::float + (observed.box->>'height')::float)), false) as may_be_shown
from jsonb_to_recordset(review.observations) as observed (category text, box jsonb, "detectionId" bigint)
left join detections other on other.id = observed."detectionId"
) omitted
left join lateral (
select current.label,
case when current.category = d.category and current.label = coalesce(classified.label, d.label)
then 'confirmed' else 'relabelled' end as review
from jsonb_to_recordset(review.observations)
as observed (category text, label text, "taxonId" bigint, "detectionId" bigint)
left join taxa taxon on taxon.id = observed."taxonId"
cross join lateral (
select coalesce(taxon.category, observed.category) as category,
coalesce(taxon.scientific_name, observed.label) as label
) current
where observed."detectionId" = d.id limit 1
) named on true
where review.observations is not null
) verdict on true
where d.confidence >= coalesce($2::real, m.threshold) and d.category = $3 and f.model_id = (select model_id from runs where id = $4)
and d.image_id = any($5::bigint[]) order by d.image_id, d.id;

-- streamObservationRows
select count(*)::int as total from image_summaries s left join observations o on o.image_id = s.image_id
where s.project_id = $1 and (s.blank or s.confidence is not null) and s.deployment_id = $2 and "s"."has_animal" and (s.blank or "s"."animal" >= $3::real) and (s.blank or o.image_id is not null) and o.category = $4 and (s.blank or o.confidence >= $5::real);

with s as materialized (select s.image_id, s.blank, s.review_id from image_summaries s
where s.project_id = $1 and (s.blank or s.confidence is not null) and s.deployment_id = $2 and "s"."has_animal" and (s.blank or "s"."animal" >= $3::real) and s.image_id > $4 order by s.image_id limit $5)
select i.id as "imageId", i.file_path as "filePath", encode(i.sha256, 'hex') as sha256, p.name as deployment,
l.name as location, l.latitude, l.longitude,
i.captured_local as "capturedLocal", case when p.id is not null or i.manual_local
  is not null then coalesce("i"."manual_local", "i"."captured_local" + coalesce("p"."clock_offset_seconds", 0) * interval '1 second') end as "localTime",
p.timezone, i.captured_at as "capturedAt",
coalesce(o.category, 'blank') as category, o.label, o.individuals, o.confidence,
case when r.id is null then 'machine' else 'human' end as source, r.reviewer, r.created_at as "reviewedAt"
from s
join images i on i.id = s.image_id
left join deployments p on p.id = i.deployment_id
left join locations l on l.id = p.location_id
left join reviews r on r.id = s.review_id
left join observations o on o.image_id = s.image_id
where (s.blank or o.image_id is not null) and o.category = $6 and (s.blank or o.confidence >= $7::real) order by s.image_id, o.category, o.label;
