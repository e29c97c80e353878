/**
 * Folder of the native TensorFlow library, which `npm test` installs where it can; null where it could not. Tests that need it are then
 * skipped, and counted as skipped.
 */
export function testTensorflowDir(): string | null {
  return process.env['PUGMARK_TEST_TENSORFLOW_DIR'] || null;
}
