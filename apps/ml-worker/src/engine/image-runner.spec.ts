import { FatalError, PermanentError, RetryableError, type ModelInput } from '@pugmark/domain';
import { waitUntil } from '@pugmark/testing';
import type { ImageOutcome, PoolImage } from './engine-protocol';
import { ImageRunner, type DecodedImage, type RunnerModel } from './image-runner';

const input = (brightness: number): ModelInput => ({
  rgb: new Uint8Array([brightness]),
  width: 1,
  height: 1,
  placement: { left: 0, top: 0, width: 1, height: 1 },
});
const decodedImage = (brightness: number): DecodedImage => ({
  inputs: [input(brightness)],
  imageWidth: 40,
  imageHeight: 30,
  warning: null,
});
const nothing = { detections: [], classifications: [] };
const brightnessOf = (decodedBatch: readonly DecodedImage[]) => decodedBatch.map(({ inputs }) => inputs[0]!.rgb[0]);
const image = (id: number): PoolImage => ({ id, path: String(id) });

/** Creates a runner, and a model whose images are as bright as their id. */
function given(parts: Partial<RunnerModel> = {}) {
  const answers: { batch: number; outcome: ImageOutcome }[] = [];
  const events: string[] = [];
  const fatal: unknown[] = [];
  const runner = new ImageRunner({
    onStarted: (_batch, id) => events.push(`start ${id}`),
    onAnswer: (batch, outcome) => {
      events.push(`answer ${outcome.id}`);
      answers.push({ batch, outcome });
    },
    onFatal: (error) => fatal.push(error),
  });
  let released = 0;
  const model = (more: Partial<RunnerModel> = {}): RunnerModel => ({
    batch: 1,
    decode: async ({ path }) => decodedImage(Number(path)),
    infer: async (decodedBatch) => {
      events.push(`infer ${brightnessOf(decodedBatch).join()}`);
      return decodedBatch.map(() => nothing);
    },
    release: () => (released += 1),
    ...parts,
    ...more,
  });
  const only = model();
  const accept = (batch: number, images: readonly PoolImage[], through = only): void =>
    runner.accept(batch, through, images);
  const answered = (count: number) => waitUntil(`${count} answers`, () => answers.length >= count);
  return { accept, model, answers, events, fatal, answered, released: () => released };
}

describe('ImageRunner', () => {
  it('answers the images of several batches in order, and takes more when it is done', async () => {
    const { accept, answers, answered } = given();
    accept(1, [image(1), image(2)]);
    accept(2, [image(3)]);
    await answered(3);
    accept(3, [image(4)]);
    await answered(4);
    expect(answers.map(({ batch, outcome }) => [batch, outcome.id])).toEqual([
      [1, 1],
      [1, 2],
      [2, 3],
      [3, 4],
    ]);
    expect(answers[0]!.outcome).toEqual({
      id: 1,
      ok: true,
      width: 40,
      height: 30,
      detections: [],
      classifications: [],
      warning: null,
      decodeMs: expect.any(Number),
      inferMs: expect.any(Number),
    });
  });

  it('decodes only the next two images, also of the next batch, during inference of one', async () => {
    let release = (): void => undefined;
    const gate = new Promise<void>((resolve) => (release = resolve));
    const { accept, events, answered } = given({
      infer: async (decodedBatch) => {
        await gate;
        return decodedBatch.map(() => nothing);
      },
    });
    accept(1, [image(1), image(2)]);
    accept(2, [image(3), image(4), image(5)]);
    await waitUntil('the third image to be started', () => events.includes('start 3'));
    expect(events).toEqual(['start 1', 'start 2', 'start 3']);
    release();
    await answered(5);
  });

  it('infers as many images at once as the model takes', async () => {
    const { accept, events, answered } = given({ batch: 3 });
    accept(1, [1, 2, 3, 4, 5].map(image));
    await answered(5);
    expect(events.filter((event) => event.startsWith('infer'))).toEqual(['infer 1,2,3', 'infer 4,5']);
  });

  it('counts crops, not images, towards the batch, and does not split an image with many crops', async () => {
    const crop = { x: 0, y: 0, width: 1, height: 1 };
    const { accept, events, answered } = given({ batch: 3 });
    accept(
      1,
      [2, 1, 2, 7].map((crops, index) => ({ ...image(index + 1), crops: Array.from({ length: crops }, () => crop) })),
    );
    await answered(4);
    expect(events.filter((event) => event.startsWith('infer'))).toEqual(['infer 1,2', 'infer 3', 'infer 4']);
  });

  it('never passes a model the images of another, and releases each image once', async () => {
    const { accept, model, events, answered, released } = given({ batch: 8 });
    const other = model();
    accept(1, [image(1), image(2)]);
    accept(2, [image(3)], other);
    accept(3, [image(4), image(5)]);
    await answered(5);
    expect(events.filter((event) => event.startsWith('infer'))).toEqual(['infer 1,2', 'infer 3', 'infer 4,5']);
    expect(released()).toBe(5);
  });

  it('does not let a bad image affect the others of its batch', async () => {
    const { accept, answers, answered } = given({
      decode: async ({ path }) => {
        if (path === '2') throw new PermanentError('not_an_image', 'it is text');
        if (path === '3') throw new RetryableError('io_error', 'the disk');
        if (path === '4') throw new TypeError('a bug');
        return decodedImage(Number(path));
      },
      batch: 5,
    });
    accept(1, [1, 2, 3, 4, 5].map(image));
    await answered(5);
    const byId = new Map(answers.map(({ outcome }) => [outcome.id, outcome]));
    expect([1, 2, 3, 4, 5].map((id) => byId.get(id)!.ok)).toEqual([true, false, false, false, true]);
    expect(byId.get(2)).toEqual({ id: 2, ok: false, code: 'not_an_image', message: 'it is text', outcome: 'failed' });
    expect(byId.get(3)).toMatchObject({ code: 'io_error', outcome: 'retry' });
    expect(byId.get(4)).toMatchObject({ code: 'unexpected_error', message: 'a bug', outcome: 'retry' });
  });

  it('runs inference one by one when one image spoils the result of all', async () => {
    const { accept, answers, answered } = given({
      batch: 3,
      infer: async (decodedBatch) => {
        if (brightnessOf(decodedBatch).includes(2)) throw new RetryableError('nan_output', 'no number');
        return decodedBatch.map(() => nothing);
      },
    });
    accept(1, [1, 2, 3].map(image));
    await answered(3);
    expect(answers.map(({ outcome }) => [outcome.id, outcome.ok])).toEqual([
      [1, true],
      [2, false],
      [3, true],
    ]);
    expect(answers[1]!.outcome).toMatchObject({ code: 'nan_output', outcome: 'retry' });
  });

  it('fails no image for an engine that cannot continue', async () => {
    const { accept, answers, fatal } = given({
      infer: async () => {
        throw new FatalError('engine_lost', 'the device is lost');
      },
    });
    accept(1, [image(1)]);
    await waitUntil('the error', () => fatal.length > 0);
    expect(fatal[0]).toMatchObject({ code: 'engine_lost' });
    expect(answers).toEqual([]);
  });
});
