export { findPython } from './find-tools';
export { installTensorflow, tensorflowDir } from './install-tensorflow';
export { nativeEngine } from './native-engine';
