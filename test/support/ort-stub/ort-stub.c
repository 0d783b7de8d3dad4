/*
 * Stands in for libonnxruntime.so where there is no GPU: exports OrtGetApiBase, writes every call with its keys and values
 * to a file, and gives depth from another file. Built by test/support/ort-stub.ts. What it shows is what reaches ONNX
 * Runtime; what TensorRT makes of it, only a GPU shows.
 *
 *   ORT_STUB_LOG    file that calls are appended to
 *   ORT_STUB_DEPTH  file with the output, float32
 *   ORT_STUB_SHAPE  "H W C"
 *   ORT_STUB_INPUT, ORT_STUB_OUTPUT  names of input and output: image, depth unless given
 *   ORT_STUB_FAIL   "FUNCTION MESSAGE": that call fails with that message
 *   ORT_STUB_ENGINE "bad": engines built from now on give twice the depth
 */
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct { int code; char message[512]; } Status;
typedef struct { char provider[16]; char cache[1024]; int caches; int factor; } Session;
typedef struct { const void* data; size_t length; } Value;
typedef struct { Session* session; const Value* output; uint8_t first; } Binding;
typedef struct { int is_input; } Info;

static const char* env_or(const char* name, const char* fallback) {
  const char* value = getenv(name);
  return value != NULL && value[0] != 0 ? value : fallback;
}

static void note(const char* format, ...) {
  FILE* file = fopen(env_or("ORT_STUB_LOG", "/dev/null"), "a");
  va_list list;
  va_start(list, format);
  vfprintf(file, format, list);
  va_end(list);
  fputc('\n', file);
  fclose(file);
}

static Status* fail(const char* message) {
  Status* status = calloc(1, sizeof(Status));
  status->code = 1;
  snprintf(status->message, sizeof(status->message), "%s", message);
  return status;
}

/* The failure that the test asked for, or none. */
static Status* asked(const char* function) {
  const char* text = getenv("ORT_STUB_FAIL");
  size_t length = strlen(function);
  if (text == NULL || strncmp(text, function, length) != 0 || text[length] != ' ') return NULL;
  return fail(text + length + 1);
}

static int get_error_code(const Status* status) { return status->code; }
static const char* get_error_message(const Status* status) { return status->message; }
static void release(void* pointer) { free(pointer); }

static Status* make(void** out) { *out = calloc(1, sizeof(Session)); return NULL; }
static Status* create_env(int level, const char* name, void** out) { (void)level; (void)name; return make(out); }
static Status* accept_pointer(void* a) { (void)a; return NULL; }
static Status* set_graph_level(void* options, int level) { (void)options; note("GraphOptimizationLevel %d", level); return NULL; }
static Status* set_number(void* options, int value) { (void)options; (void)value; return NULL; }
static Status* set_threads(void* options, int value) { (void)options; note("IntraOpNumThreads %d", value); return NULL; }
static Status* add_entry(void* options, const char* key, const char* value) {
  (void)options;
  note("AddSessionConfigEntry %s=%s", key, value);
  return NULL;
}

static char* provider_names[] = {"TensorrtExecutionProvider", "CUDAExecutionProvider", "CPUExecutionProvider"};
static Status* available(char*** out, int* count) { *out = provider_names; *count = 3; return NULL; }
static Status* release_available(char** names, int count) { (void)names; (void)count; return NULL; }

static Status* create_tensorrt(void** out) { note("CreateTensorRTProviderOptions"); return make(out); }
static Status* create_cuda(void** out) { note("CreateCUDAProviderOptions"); return make(out); }
static Status* update(const char* function, Session* options, const char* const* keys, const char* const* values, size_t count) {
  for (size_t i = 0; i < count; i++) {
    note("%s %s=%s", function, keys[i], values[i]);
    if (strcmp(keys[i], "trt_engine_cache_path") == 0) snprintf(options->cache, sizeof(options->cache), "%s", values[i]);
    if (strcmp(keys[i], "trt_engine_cache_enable") == 0) options->caches = values[i][0] == '1';
  }
  return asked(function);
}
static Status* update_tensorrt(Session* options, const char* const* keys, const char* const* values, size_t count) {
  return update("UpdateTensorRTProviderOptions", options, keys, values, count);
}
static Status* update_cuda(Session* options, const char* const* keys, const char* const* values, size_t count) {
  return update("UpdateCUDAProviderOptions", options, keys, values, count);
}
static Status* append(const char* function, Session* session, const Session* options, const char* provider) {
  note("%s", function);
  *session = *options;
  snprintf(session->provider, sizeof(session->provider), "%s", provider);
  return asked(function);
}
static Status* append_tensorrt(Session* session, const Session* options) {
  return append("SessionOptionsAppendExecutionProvider_TensorRT_V2", session, options, "tensorrt");
}
static Status* append_cuda(Session* session, const Session* options) {
  return append("SessionOptionsAppendExecutionProvider_CUDA_V2", session, options, "cuda");
}
static void release_tensorrt(void* pointer) { note("ReleaseTensorRTProviderOptions"); free(pointer); }
static void release_cuda(void* pointer) { note("ReleaseCUDAProviderOptions"); free(pointer); }

/* Loads the engine of the cache, or builds one into it, as the provider does. */
static Status* create_session(void* env, const char* path, const Session* options, void** out) {
  (void)env;
  note("CreateSession %s", path);
  Status* status = asked("CreateSession");
  if (status != NULL) return status;
  Session* session = calloc(1, sizeof(Session));
  *session = *options;
  session->factor = strcmp(env_or("ORT_STUB_ENGINE", "good"), "bad") == 0 ? 2 : 1;
  if (options->caches && options->cache[0] != 0) {
    char name[1100];
    snprintf(name, sizeof(name), "%s/stub.engine", options->cache);
    FILE* file = fopen(name, "r");
    if (file != NULL) {
      session->factor = fgetc(file) - '0';
      note("engine loaded");
    } else {
      file = fopen(name, "w");
      if (file == NULL) return fail("cannot write the engine");
      fprintf(file, "%d", session->factor);
      note("engine built");
    }
    fclose(file);
  }
  *out = session;
  return NULL;
}

static Status* count_one(void* session, size_t* out) { (void)session; *out = 1; return NULL; }
static Status* name_of(const char* name, char** out) { *out = strdup(name); return NULL; }
static Status* input_name(void* s, size_t i, void* a, char** out) { (void)s; (void)i; (void)a; return name_of(env_or("ORT_STUB_INPUT", "image"), out); }
static Status* output_name(void* s, size_t i, void* a, char** out) { (void)s; (void)i; (void)a; return name_of(env_or("ORT_STUB_OUTPUT", "depth"), out); }
static Status* info_of(int is_input, Info** out) {
  *out = calloc(1, sizeof(Info));
  (*out)->is_input = is_input;
  return NULL;
}
static Status* input_info(void* s, size_t i, Info** out) { (void)s; (void)i; return info_of(1, out); }
static Status* output_info(void* s, size_t i, Info** out) { (void)s; (void)i; return info_of(0, out); }
static Status* cast(Info* info, Info** out) { *out = info; return NULL; }
static Status* element_type(const Info* info, int* out) { *out = info->is_input ? 2 : 1; return NULL; }
static Status* rank(const Info* info, size_t* out) { (void)info; *out = 4; return NULL; }
static Status* dimensions(const Info* info, int64_t* out, size_t length) {
  (void)length;
  long height, width, channels;
  sscanf(env_or("ORT_STUB_SHAPE", "0 0 0"), "%ld %ld %ld", &height, &width, &channels);
  out[0] = 1;
  out[1] = height;
  out[2] = width;
  out[3] = info->is_input ? channels : 1;
  return NULL;
}

static Status* memory_info(int allocator, int type, void** out) { (void)allocator; (void)type; return make(out); }
static Status* allocator_free(void* allocator, void* pointer) { (void)allocator; free(pointer); return NULL; }
static Status* make_tensor(void* memory, void* data, size_t length, const int64_t* shape, size_t rank, int type, Value** out) {
  (void)memory; (void)shape; (void)rank; (void)type;
  *out = calloc(1, sizeof(Value));
  (*out)->data = data;
  (*out)->length = length;
  return NULL;
}

static Status* create_binding(Session* session, Binding** out) {
  *out = calloc(1, sizeof(Binding));
  (*out)->session = session;
  return NULL;
}
/* As ONNX Runtime does off the CPU: the picture is copied when it is bound, not when it is run. */
static Status* bind_input(Binding* binding, const char* name, const Value* value) {
  note("BindInput %s %zu", name, value->length);
  binding->first = *(const uint8_t*)value->data;
  return NULL;
}
static Status* bind_output(Binding* binding, const char* name, const Value* value) {
  note("BindOutput %s %zu", name, value->length);
  binding->output = value;
  return NULL;
}
/* Depth from the file, and the first byte of the picture as the first value. */
static Status* run(Session* session, const void* options, Binding* binding) {
  (void)options;
  note("RunWithBinding");
  Status* status = asked("RunWithBinding");
  if (status != NULL) return status;
  float* depth = (float*)(uintptr_t)binding->output->data;
  size_t count = binding->output->length / sizeof(float);
  FILE* file = fopen(env_or("ORT_STUB_DEPTH", "/dev/null"), "r");
  size_t found = fread(depth, sizeof(float), count, file);
  fclose(file);
  if (found != count) return fail("no depth for the stub");
  for (size_t i = 0; i < count; i++) depth[i] *= (float)session->factor;
  depth[0] = binding->first;
  return NULL;
}
static Status* synchronize(void* binding) { (void)binding; note("SynchronizeBoundOutputs"); return NULL; }

static void unexpected(void) {
  note("a function that nobody calls");
  abort();
}

/* Places in struct OrtApi, from onnxruntime_c_api.h. */
static void* table[300];
static const void* get_api(uint32_t version) {
  note("GetApi %u", version);
  for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) table[i] = (void*)unexpected;
  table[1] = (void*)get_error_code;
  table[2] = (void*)get_error_message;
  table[3] = (void*)create_env;
  table[6] = (void*)accept_pointer;
  table[7] = (void*)create_session;
  table[10] = (void*)make;
  table[13] = (void*)set_number;
  table[22] = (void*)set_number;
  table[23] = (void*)set_graph_level;
  table[24] = (void*)set_threads;
  table[30] = (void*)count_one;
  table[31] = (void*)count_one;
  table[33] = (void*)input_info;
  table[34] = (void*)output_info;
  table[36] = (void*)input_name;
  table[37] = (void*)output_name;
  table[39] = (void*)make;
  table[46] = (void*)accept_pointer;
  table[47] = (void*)accept_pointer;
  table[49] = (void*)make_tensor;
  table[55] = (void*)cast;
  table[60] = (void*)element_type;
  table[61] = (void*)rank;
  table[62] = (void*)dimensions;
  table[69] = (void*)memory_info;
  table[76] = (void*)allocator_free;
  table[78] = (void*)make;
  for (int i = 93; i <= 100; i++) table[i] = (void*)release;
  table[125] = (void*)available;
  table[126] = (void*)release_available;
  table[130] = (void*)add_entry;
  table[133] = (void*)run;
  table[134] = (void*)create_binding;
  table[135] = (void*)release;
  table[136] = (void*)bind_input;
  table[137] = (void*)bind_output;
  table[170] = (void*)append_tensorrt;
  table[171] = (void*)create_tensorrt;
  table[172] = (void*)update_tensorrt;
  table[174] = (void*)release_tensorrt;
  table[203] = (void*)synchronize;
  table[204] = (void*)append_cuda;
  table[205] = (void*)create_cuda;
  table[206] = (void*)update_cuda;
  table[208] = (void*)release_cuda;
  return table;
}

#ifndef STUB_VERSION
#define STUB_VERSION "1.22.0"
#endif
static const char* get_version(void) { return STUB_VERSION; }

typedef struct { const void* (*get_api)(uint32_t); const char* (*get_version)(void); } Base;
const Base* OrtGetApiBase(void) {
  static const Base base = {get_api, get_version};
  return &base;
}
