/** The one import of koffi: calls into shared libraries, of ONNX Runtime (engine/ort-capi) and of C (capture). */
export { default as koffi } from 'koffi';
