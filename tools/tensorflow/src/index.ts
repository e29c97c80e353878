export { findPython } from './find-tools';
export { installTensorflow, tensorflowDir } from './install-tensorflow';
export { ensureNativeEngine } from './ensure-native-engine';
