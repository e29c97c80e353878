import { BUILTIN_MODEL } from './builtin-model';
import { parseManifest } from './parse-manifest';

const written = (more: object = {}): unknown => JSON.parse(JSON.stringify({ ...BUILTIN_MODEL, ...more }));

describe('parseManifest', () => {
  it("accepts the built-in model's manifest, and defaults to a batch of one", () => {
    expect(parseManifest(written())).toEqual(BUILTIN_MODEL);
    expect(parseManifest(written({ batch: undefined })).batch).toBe(1);
  });

  it('lists every invalid field at once', () => {
    const wrong = written({
      licence: null,
      decoder: 'yolo',
      threshold: 2,
      input: { width: 0, height: 5 },
      colour: 'RGB',
    });
    expect(() => parseManifest(wrong)).toThrow(
      /licence should be.*\n.*input should be.*\n.*decoder should be one of centernet.*\n.*threshold should be.*\n.*colour is unknown/,
    );
    expect(() => parseManifest([])).toThrow('a manifest is a JSON object');
  });

  it.each(['/etc/passwd', '../weights.bin', 'a/../../b', 'a//b', '', './a', 'a\\b'])(
    'refuses a file outside the model’s folder: %j',
    (path) => {
      expect(() => parseManifest(written({ files: [{ path, sha256: '0'.repeat(64) }] }))).toThrow('files should be');
    },
  );

  it.each(['..', '.hidden', 'a/b', '', 'a b'])('refuses a name that is not a valid folder name: %j', (name) => {
    expect(() => parseManifest(written({ name }))).toThrow('name should be');
  });

  it('finds contradictions', () => {
    expect(() => parseManifest(written({ categories: { gnu: 'animal' } }))).toThrow(
      'categories names unknown labels: gnu',
    );
    expect(() => parseManifest(written({ categories: {} }))).toThrow('the detector would detect nothing');
    expect(() => parseManifest(written({ storeThreshold: 0.5 }))).toThrow('effective detections would not be stored');
    expect(() => parseManifest(written({ labels: ['cat', 'cat'], categories: { cat: 'animal' } }))).toThrow(
      'duplicate labels',
    );
  });
});
