import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROUTES, TASK_KINDS, type Route } from '@pugmark/contracts';
import { notificationMessage, probeAnswerMessage, probeMessage, type OutgoingMessage } from '../messages';
import { parseNotification, parseProbeAnswer } from '../parse-message';

interface WireForm {
  readonly name: string;
  readonly exchange: string;
  readonly routingKey: string;
  readonly type: string;
  readonly headers: Readonly<Record<string, number>>;
  readonly body: string;
}

/**
 * Stored wire forms of messages, byte for byte. They outlive releases: add one for a new version; remove one only when
 * no consumer accepts its version any more.
 */
const FORMS = JSON.parse(readFileSync(join(__dirname, 'wire-forms.json'), 'utf8')) as readonly WireForm[];
const TRACE = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

function formOf({ exchange, routingKey, type, headers, content }: OutgoingMessage): Omit<WireForm, 'name'> {
  return { exchange, routingKey, type, headers: headers as WireForm['headers'], body: content.toString() };
}

it('publishes exactly the newest stored form of each message', () => {
  const published = [
    notificationMessage('scan', { taskId: 7, attempt: 1, traceparent: null }),
    notificationMessage('detect', { taskId: 7, attempt: 1, traceparent: TRACE }),
    notificationMessage('classify', { taskId: 7, attempt: 1, traceparent: TRACE }),
    notificationMessage('export', { taskId: 7, attempt: 1, traceparent: null }),
    notificationMessage('derive', { taskId: 7, attempt: 1, traceparent: TRACE }),
    probeMessage('detect', 'any'),
    probeAnswerMessage('amq.rabbitmq.reply-to.token', 'any', { responder: 'ml-worker@host/1' }),
  ];
  const newest = FORMS.filter(
    ({ type, headers }) =>
      !FORMS.some((other) => other.type === type && (other.headers['x-version'] ?? 0) > (headers['x-version'] ?? 0)),
  );
  expect(published.map(formOf)).toEqual(newest.map(({ name: _name, ...form }) => form));
});

it.each(TASK_KINDS)('accepts every stored notification of a %s of the version of its route', (kind) => {
  const route: Route = ROUTES[kind];
  const forms = FORMS.filter(({ type, headers }) => type === route.wireName && headers['x-version'] === route.version);
  expect(forms.length).toBeGreaterThan(0);
  for (const { type, headers, body } of forms) {
    expect(parseNotification(route, message(type, headers, body))).toMatchObject({
      notification: { taskId: 7, attempt: 1 },
    });
  }
});

it('accepts every stored answer to a probe', () => {
  for (const { body } of FORMS.filter(({ type }) => type === 'pugmark.probe.answered')) {
    expect(parseProbeAnswer(Buffer.from(body))).toMatchObject({ responder: 'ml-worker@host/1' });
  }
});

function message(type: string, headers: object, body: string) {
  return { content: Buffer.from(body), properties: { type, headers } } as Parameters<typeof parseNotification>[1];
}
