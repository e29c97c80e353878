import type { TaskKind } from '@pugmark/contracts';
import { ServiceWorkers } from './service-workers';

function worker<Kind extends TaskKind>(kind: Kind, calls: string[] = []) {
  return {
    kind,
    start: () => void calls.push(`start ${kind}`),
    drain: () => Promise.resolve(void calls.push(`drain ${kind}`)),
    assertMoving: () => undefined,
  };
}

describe('ServiceWorkers', () => {
  it('starts and drains the workers of a service', async () => {
    const calls: string[] = [];
    const workers = new ServiceWorkers('ml-worker', {
      detect: worker('detect', calls),
      classify: worker('classify', calls),
    });
    workers.start();
    await workers.drain();
    expect(calls).toEqual(['start detect', 'start classify', 'drain detect', 'drain classify']);
  });

  // These do not compile; they must also be refused at run time.
  it('refuses a kind without a worker', () => {
    // @ts-expect-error detect has no worker
    expect(() => new ServiceWorkers('ml-worker', {})).toThrow('detect has no handler');
  });

  it('refuses a worker for a kind that is consumed elsewhere', () => {
    // @ts-expect-error the gateway consumes nothing
    expect(() => new ServiceWorkers('gateway', { detect: worker('detect') })).toThrow(
      'detect is not consumed by gateway',
    );
  });

  it('refuses a worker registered under another kind', () => {
    // @ts-expect-error a scan worker is no detect worker
    expect(() => new ServiceWorkers('ml-worker', { detect: worker('scan'), classify: worker('classify') })).toThrow(
      'the handler of scan is registered under detect',
    );
  });
});
