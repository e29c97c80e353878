import { TASK_KINDS } from './task-kind';
import { ROUTES, TOPOLOGY } from './topology';

it('gives each kind of task a route of its own: key, queue and wire name', () => {
  for (const property of [
    (kind: (typeof TASK_KINDS)[number]) => ROUTES[kind].routingKey,
    (kind: (typeof TASK_KINDS)[number]) => ROUTES[kind].queue.name,
    (kind: (typeof TASK_KINDS)[number]) => ROUTES[kind].wireName,
  ]) {
    expect(new Set(TASK_KINDS.map(property)).size).toBe(TASK_KINDS.length);
  }
});

it('puts every queue under one policy', () => {
  const policiesOf = (queue: string) =>
    TOPOLOGY.policies.filter(({ pattern }) => new RegExp(pattern).test(queue)).map(({ name }) => name);
  for (const kind of TASK_KINDS) expect(policiesOf(ROUTES[kind].queue.name)).toEqual(['pugmark-work']);
  expect(policiesOf(TOPOLOGY.deadLetters.queue.name)).toEqual(['pugmark-dead-letters']);
});

// Published wire forms outlive releases: during an upgrade, queued messages still have the old one.
it('keeps the wire form', () => {
  expect(
    TASK_KINDS.map(
      (kind) =>
        `${ROUTES[kind].exchange.name}/${ROUTES[kind].routingKey} ${ROUTES[kind].wireName} v${ROUTES[kind].version}`,
    ),
  ).toEqual([
    'pugmark.work/scan pugmark.scan.requested v1',
    'pugmark.work/detect pugmark.detect.requested v1',
    'pugmark.work/classify pugmark.classify.requested v1',
    'pugmark.work/export pugmark.export.requested v1',
    'pugmark.work/derive pugmark.derive.requested v1',
  ]);
});
