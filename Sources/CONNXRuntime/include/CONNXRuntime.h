// The part of ONNX Runtime's C interface that Slipway calls, declared by us: the library comes out of a Python wheel,
// which has no header, and is opened at run time, so that nothing links against it.
//
// The library's own table is one struct of function pointers to which new ones are only ever appended: a slot never
// moves, and a newer library serves an older version of the table. `ORTFunctions` holds the slots we use under the
// names that ONNX Runtime gives them; onnxruntime.c says which slot is which.
#pragma once

#include <stddef.h>
#include <stdint.h>

#pragma clang assume_nonnull begin

typedef struct OrtEnv OrtEnv;
typedef struct OrtStatus OrtStatus;
typedef struct OrtSession OrtSession;
typedef struct OrtSessionOptions OrtSessionOptions;
typedef struct OrtRunOptions OrtRunOptions;
typedef struct OrtValue OrtValue;
typedef struct OrtMemoryInfo OrtMemoryInfo;
typedef struct OrtAllocator OrtAllocator;
typedef struct OrtTypeInfo OrtTypeInfo;
typedef struct OrtTensorTypeAndShapeInfo OrtTensorTypeAndShapeInfo;

// Called with severity 0 (verbose) to 4 (fatal).
typedef void (*ORTLoggingFunction)(void *_Nullable context, int32_t severity, const char *_Nullable category,
                                   const char *_Nullable log_id, const char *_Nullable code_location,
                                   const char *_Nullable message);

// Whatever returns an OrtStatus returns NULL for success; any other status is the caller's to release.
typedef OrtStatus *_Nullable ORTResult;

// How a session's own threads are started and waited for, when not by the library itself.
typedef struct OrtCustomHandleType OrtCustomThread;
typedef void (*ORTThreadWorker)(void *_Nullable parameter);
typedef const OrtCustomThread *_Nullable (*ORTCreateThread)(void *_Nullable options, ORTThreadWorker worker,
                                                            void *_Nullable parameter);
typedef void (*ORTJoinThread)(const OrtCustomThread *_Nullable thread);

typedef struct ORTFunctions {
    int32_t (*_Nonnull GetErrorCode)(const OrtStatus *status);
    const char *_Nullable (*_Nonnull GetErrorMessage)(const OrtStatus *status);
    void (*_Nonnull ReleaseStatus)(OrtStatus *_Nullable status);

    ORTResult (*_Nonnull CreateEnvWithCustomLogger)(ORTLoggingFunction logger, void *_Nullable context,
        int32_t severity, const char *log_id, OrtEnv *_Nullable *_Nonnull out);
    ORTResult (*_Nonnull DisableTelemetryEvents)(const OrtEnv *env);

    ORTResult (*_Nonnull CreateSessionOptions)(OrtSessionOptions *_Nullable *_Nonnull out);
    ORTResult (*_Nonnull SetSessionLogSeverityLevel)(OrtSessionOptions *options, int32_t severity);
    ORTResult (*_Nonnull SetIntraOpNumThreads)(OrtSessionOptions *options, int32_t threads);
    ORTResult (*_Nonnull SetInterOpNumThreads)(OrtSessionOptions *options, int32_t threads);
    ORTResult (*_Nonnull DisableCpuMemArena)(OrtSessionOptions *options);
    ORTResult (*_Nonnull DisableMemPattern)(OrtSessionOptions *options);
    ORTResult (*_Nonnull SessionOptionsSetCustomCreateThreadFn)(OrtSessionOptions *options, ORTCreateThread create);
    ORTResult (*_Nonnull SessionOptionsSetCustomJoinThreadFn)(OrtSessionOptions *options, ORTJoinThread join);
    ORTResult (*_Nonnull AddSessionConfigEntry)(OrtSessionOptions *options, const char *key, const char *value);
    void (*_Nonnull ReleaseSessionOptions)(OrtSessionOptions *_Nullable options);

    ORTResult (*_Nonnull CreateSession)(const OrtEnv *env, const char *path, const OrtSessionOptions *options,
        OrtSession *_Nullable *_Nonnull out);
    void (*_Nonnull ReleaseSession)(OrtSession *_Nullable session);
    ORTResult (*_Nonnull SessionGetInputCount)(const OrtSession *session, size_t *out);
    ORTResult (*_Nonnull SessionGetOutputCount)(const OrtSession *session, size_t *out);
    ORTResult (*_Nonnull SessionGetOverridableInitializerCount)(const OrtSession *session, size_t *out);
    ORTResult (*_Nonnull SessionGetInputName)(const OrtSession *session, size_t index, OrtAllocator *allocator,
        char *_Nullable *_Nonnull out);
    ORTResult (*_Nonnull SessionGetOutputName)(const OrtSession *session, size_t index, OrtAllocator *allocator,
        char *_Nullable *_Nonnull out);
    ORTResult (*_Nonnull SessionGetOverridableInitializerName)(const OrtSession *session, size_t index,
        OrtAllocator *allocator, char *_Nullable *_Nonnull out);
    ORTResult (*_Nonnull SessionGetInputTypeInfo)(const OrtSession *session, size_t index,
        OrtTypeInfo *_Nullable *_Nonnull out);
    ORTResult (*_Nonnull SessionGetOutputTypeInfo)(const OrtSession *session, size_t index,
        OrtTypeInfo *_Nullable *_Nonnull out);
    ORTResult (*_Nonnull SessionGetOverridableInitializerTypeInfo)(const OrtSession *session, size_t index,
        OrtTypeInfo *_Nullable *_Nonnull out);

    ORTResult (*_Nonnull GetOnnxTypeFromTypeInfo)(const OrtTypeInfo *info, int32_t *out);
    // The result belongs to `info`; NULL when that is not a tensor.
    ORTResult (*_Nonnull CastTypeInfoToTensorInfo)(const OrtTypeInfo *info,
        const OrtTensorTypeAndShapeInfo *_Nullable *_Nonnull out);
    void (*_Nonnull ReleaseTypeInfo)(OrtTypeInfo *_Nullable info);
    ORTResult (*_Nonnull GetTensorElementType)(const OrtTensorTypeAndShapeInfo *info, int32_t *out);
    ORTResult (*_Nonnull GetDimensionsCount)(const OrtTensorTypeAndShapeInfo *info, size_t *out);
    ORTResult (*_Nonnull GetDimensions)(const OrtTensorTypeAndShapeInfo *info, int64_t *dimensions, size_t count);
    ORTResult (*_Nonnull GetSymbolicDimensions)(const OrtTensorTypeAndShapeInfo *info,
        const char *_Nullable *_Nonnull names, size_t count);

    ORTResult (*_Nonnull GetAllocatorWithDefaultOptions)(OrtAllocator *_Nullable *_Nonnull out);
    ORTResult (*_Nonnull AllocatorFree)(OrtAllocator *allocator, void *memory);
    ORTResult (*_Nonnull CreateCpuMemoryInfo)(int32_t allocator_type, int32_t memory_type,
        OrtMemoryInfo *_Nullable *_Nonnull out);

    ORTResult (*_Nonnull CreateTensorWithDataAsOrtValue)(const OrtMemoryInfo *info, void *data, size_t byte_count,
        const int64_t *shape, size_t rank, int32_t type, OrtValue *_Nullable *_Nonnull out);
    ORTResult (*_Nonnull CreateTensorAsOrtValue)(OrtAllocator *allocator, const int64_t *shape, size_t rank,
        int32_t type, OrtValue *_Nullable *_Nonnull out);
    ORTResult (*_Nonnull GetTensorMutableData)(OrtValue *value, void *_Nullable *_Nonnull out);
    // The shape belongs to `value`; no allocation.
    ORTResult (*_Nonnull GetTensorElementTypeAndShapeDataReference)(const OrtValue *value, int32_t *type,
        const int64_t *_Nullable *_Nonnull shape, size_t *rank);
    // Sizes one element of a string tensor and gives its memory, for `length` bytes.
    ORTResult (*_Nonnull GetResizedStringTensorElementBuffer)(OrtValue *value, size_t index, size_t length,
        char *_Nullable *_Nonnull out);
    ORTResult (*_Nonnull GetStringTensorDataLength)(const OrtValue *value, size_t *out);
    ORTResult (*_Nonnull GetStringTensorContent)(const OrtValue *value, void *bytes, size_t byte_count,
        size_t *offsets, size_t offset_count);
    void (*_Nonnull ReleaseValue)(OrtValue *_Nullable value);

    ORTResult (*_Nonnull CreateRunOptions)(OrtRunOptions *_Nullable *_Nonnull out);
    ORTResult (*_Nonnull RunOptionsSetTerminate)(OrtRunOptions *options);
    void (*_Nonnull ReleaseRunOptions)(OrtRunOptions *_Nullable options);
    // Outputs that are NULL on entry are made by the library and belong to the caller.
    ORTResult (*_Nonnull Run)(OrtSession *session, const OrtRunOptions *_Nullable options,
        const char *const _Nullable *_Nonnull input_names, const OrtValue *const _Nullable *_Nonnull inputs,
        size_t input_count, const char *const _Nullable *_Nonnull output_names, size_t output_count,
        OrtValue *_Nullable *_Nonnull outputs);
} ORTFunctions;

// The version of the function table that we ask for: that of ONNX Runtime 1.29. Every later library has it too.
enum { ORT_TABLE_VERSION = 29 };

typedef enum ORTOpenResult {
    ORTOpenSucceeded,
    ORTOpenNotLoaded,   // the dynamic linker cannot load the file; dlerror says why
    ORTOpenNotTheLibrary, // it has no OrtGetApiBase
    ORTOpenTooOld,      // it has no function table of our version
} ORTOpenResult;

// Opens the library at `path` (without a slash: wherever the dynamic linker finds it) for good: it is never closed.
// `version` is the library's own text, which lives as long as the process.
ORTOpenResult ORTOpen(const char *path, ORTFunctions *functions, const char *_Nullable *_Nonnull version);

#pragma clang assume_nonnull end
