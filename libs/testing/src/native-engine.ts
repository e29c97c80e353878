/** Folder of the native TensorFlow library, which `npm test` installs if possible; null otherwise. */
export function testTensorflowDir(): string | null {
  return process.env['PUGMARK_TEST_TENSORFLOW_DIR'] || null;
}

/** Why tests of the native TensorFlow library must be skipped, for `describeUnless`; null when it is installed. */
export function missingTensorflow(): string | null {
  if (testTensorflowDir() !== null) return null;
  const problem = process.env['PUGMARK_TEST_TENSORFLOW_PROBLEM'];
  return problem === undefined ? 'no native TensorFlow' : `no native TensorFlow: ${problem}`;
}
