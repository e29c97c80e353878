import { setTimeout as delay } from 'node:timers/promises';
import { ROUTES } from '@pugmark/contracts';
import { waitUntil } from '@pugmark/toolkit';
import type { Fault } from '../fault';
import { WORKERS, type FaultRig } from '../fault-rig';
import type { Observer } from '../observer';
import { purgeQueue } from '../purge-queue';

const QUEUE = ROUTES.detect.queue.name;
const DECLARATION = { class: 50, method: 10 } as const;

const anyWorker = (test: (worker: string) => boolean): boolean => WORKERS.some(test);
const resubscribed = (seen: Observer): boolean =>
  anyWorker((worker) => seen.risen(worker, 'pugmark_consumer_subscriptions') > 0);
const lostConnection = (seen: Observer): boolean =>
  ['gateway', ...WORKERS].some((name) => seen.warned(name, /connection to RabbitMQ|broker_unavailable|not answer/));

/** Faults between the services and RabbitMQ, and within it. */
export const BROKER_FAULTS: readonly Fault[] = [
  {
    name: 'consumer channel closed by 406',
    short: true,
    inject: async (rig) => {
      const hit = WORKERS.reduce((sum, worker) => sum + rig.amqp(worker).ackUnknownDelivery(), 0);
      if (hit < WORKERS.length) throw new Error(`only ${hit} channels were consuming`);
    },
    noticed: (seen) => anyWorker((worker) => seen.warned(worker, /406/)) && resubscribed(seen),
  },
  {
    name: 'broker restarted',
    short: true,
    inject: async (rig) => {
      await rig.servers.stopServer('rabbitmq');
      await rig.servers.startRabbitmq();
    },
    noticed: lostConnection,
  },
  {
    name: 'queue deleted',
    short: false,
    inject: (rig) => rig.manage('DELETE', `/queues/{vhost}/${QUEUE}`),
    noticed: (seen) => anyWorker((worker) => seen.warned(worker, /the consumer stopped|taken away/)),
  },
  {
    name: 'connection reset while declaring',
    short: true,
    inject: async (rig) => {
      const times = 3;
      const orders = WORKERS.map((worker) => rig.amqp(worker).cutOn(DECLARATION.class, DECLARATION.method, times));
      for (const worker of WORKERS) rig.amqp(worker).cut();
      await waitUntil(() => orders.every(({ cuts }) => cuts === times), {
        what: 'the declarations to be cut',
        deadlineMs: 60_000,
        signal: rig.signal,
      });
    },
    noticed: lostConnection,
  },
  {
    name: 'broker accepts and never answers',
    short: false,
    inject: async (rig) => {
      for (const proxy of rig.allAmqp) {
        proxy.swallow();
        proxy.cut();
      }
      await lasting(rig, 25_000);
      for (const proxy of rig.allAmqp) proxy.restore();
    },
    noticed: (seen) =>
      ['gateway', ...WORKERS].some((name) => seen.warned(name, /connecting to RabbitMQ did not answer|ETIMEDOUT/)),
  },
  {
    name: 'memory alarm raised and cleared',
    short: false,
    inject: async (rig) => {
      const limit = (value: string): Promise<string> =>
        rig.servers.rabbitmqctl('set_vm_memory_high_watermark', ...value.split(' '));
      rig.onStop(() => limit('0.4'));
      await limit('absolute 1');
      await waitUntil(async () => (await rig.process('gateway').problem())?.includes('blocked') === true, {
        what: 'the gateway to be blocked',
        deadlineMs: 60_000,
        signal: rig.signal,
      });
      await limit('0.4');
    },
    noticed: (seen) => seen.value('gateway', 'pugmark_broker_blocked') === 1,
  },
  {
    name: 'half-open network to the broker, 30 s',
    short: false,
    inject: async (rig) => {
      for (const proxy of rig.allAmqp) proxy.pause();
      await lasting(rig, 30_000);
      for (const proxy of rig.allAmqp) proxy.resume();
    },
    noticed: (seen) =>
      ['gateway', ...WORKERS].some((name) => seen.warned(name, /Heartbeat timeout|not answer|confirms did not come/)),
  },
  {
    name: 'consumer timeout',
    short: false,
    // A batch takes longer than the broker's limit for an ack.
    settings: { 'worker-a': { ML_NULL_IMAGE_MS: '500' } },
    prepare: async (rig) => {
      const set = (name: string, ms: number): Promise<string> =>
        rig.servers.rabbitmqctl('eval', `application:set_env(rabbit, ${name}, ${ms}).`);
      rig.onStop(async () => {
        await set('consumer_timeout', 1_800_000);
        await set('channel_tick_interval', 60_000);
      });
      await set('consumer_timeout', 3_000);
      await set('channel_tick_interval', 1_000);
    },
    inject: async (rig) => {
      const lines = rig.process('worker-a').lines;
      await waitUntil(() => lines.some(({ text }) => text.includes('406') && text.includes('timed out')), {
        what: 'the broker to close the channel',
        deadlineMs: 60_000,
        signal: rig.signal,
      });
    },
    noticed: (seen) => seen.warned('worker-a', /406.*timed out/),
  },
  {
    name: 'binding removed',
    short: true,
    inject: (rig) =>
      rig.manage('DELETE', `/bindings/{vhost}/e/${ROUTES.detect.exchange.name}/q/${QUEUE}/${ROUTES.detect.routingKey}`),
    noticed: (seen) =>
      seen.risen('gateway', 'pugmark_topology_repairs_total') > 0 ||
      seen.risen('gateway', 'pugmark_task_notifications_failed_total', { reason: 'returned' }) > 0,
  },
  {
    name: 'queue purged',
    short: false,
    // When the workers have just emptied the queue, there is nothing to purge yet.
    inject: async (rig) =>
      void (await waitUntil(async () => (await purgeQueue(rig.amqpUrl, QUEUE)) > 0, {
        what: 'a message to be purged',
        deadlineMs: 30_000,
        signal: rig.signal,
      })),
    noticed: (seen) => seen.risen('gateway', 'pugmark_tasks_reclaimed_total', { reason: 'notification_lost' }) > 0,
  },
];

/** Lets a fault last: this is a duration, not a wait for a condition. */
async function lasting(rig: FaultRig, ms: number): Promise<void> {
  await delay(ms, undefined, { signal: rig.signal });
}
