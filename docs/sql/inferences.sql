-- The SQL of the reads of this feature, and of the larger writes.
-- Written by libs/db/src/testing/sql-snapshots.int-spec.ts: run it with UPDATE_SNAPSHOTS=1 after a change.

-- ClassificationRepository.createTasks
insert into tasks (kind, subject_id, run_id, priority, paused, traceparent)
select 'classify', t.subject_id, t.run_id, r.priority, r.paused_at is not null, t.traceparent
from tasks t join runs r on r.id = t.run_id
where t.id = any($1::bigint[]) and r.classifier_id is not null and exists (
  select 1 from inferences i join detections d on d.inference_id = i.id
  where i.image_id = t.subject_id and i.model_id = r.model_id and i.stage = 'detect'
    and d.category = r.classify_category and d.confidence >= r.classify_threshold)
order by t.id
on conflict do nothing;

-- ClassificationRepository.findCrops
select d.image_id as "imageId", d.id as "detectionId", d.x, d.y, d.width, d.height
from runs r
join inferences i on i.model_id = r.model_id and i.stage = 'detect'
  and i.image_id = any($1::bigint[])
join detections d on d.inference_id = i.id and d.category = r.classify_category
  and d.confidence >= r.classify_threshold
where r.id = $2 order by d.confidence desc, d.id;
