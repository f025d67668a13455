#include "CONNXRuntime.h"

#include <dlfcn.h>
#include <stdio.h>

// What OrtGetApiBase gives: the only symbol that the library exports for us.
typedef struct OrtApiBase {
    const void *const *(*GetApi)(uint32_t version);
    const char *(*GetVersionString)(void);
} OrtApiBase;

#define TAKE(slot, name) functions->name = (__typeof__(functions->name))slots[slot]

static void take_slots(const void *const *slots, ORTFunctions *functions) {
    TAKE(1, GetErrorCode);
    TAKE(2, GetErrorMessage);
    TAKE(4, CreateEnvWithCustomLogger);
    TAKE(6, DisableTelemetryEvents);
    TAKE(7, CreateSession);
    TAKE(9, Run);
    TAKE(10, CreateSessionOptions);
    TAKE(17, DisableMemPattern);
    TAKE(19, DisableCpuMemArena);
    TAKE(22, SetSessionLogSeverityLevel);
    TAKE(24, SetIntraOpNumThreads);
    TAKE(25, SetInterOpNumThreads);
    TAKE(30, SessionGetInputCount);
    TAKE(31, SessionGetOutputCount);
    TAKE(32, SessionGetOverridableInitializerCount);
    TAKE(33, SessionGetInputTypeInfo);
    TAKE(34, SessionGetOutputTypeInfo);
    TAKE(35, SessionGetOverridableInitializerTypeInfo);
    TAKE(36, SessionGetInputName);
    TAKE(37, SessionGetOutputName);
    TAKE(38, SessionGetOverridableInitializerName);
    TAKE(39, CreateRunOptions);
    TAKE(46, RunOptionsSetTerminate);
    TAKE(48, CreateTensorAsOrtValue);
    TAKE(49, CreateTensorWithDataAsOrtValue);
    TAKE(51, GetTensorMutableData);
    TAKE(53, GetStringTensorDataLength);
    TAKE(54, GetStringTensorContent);
    TAKE(55, CastTypeInfoToTensorInfo);
    TAKE(56, GetOnnxTypeFromTypeInfo);
    TAKE(60, GetTensorElementType);
    TAKE(61, GetDimensionsCount);
    TAKE(62, GetDimensions);
    TAKE(63, GetSymbolicDimensions);
    TAKE(69, CreateCpuMemoryInfo);
    TAKE(76, AllocatorFree);
    TAKE(78, GetAllocatorWithDefaultOptions);
    TAKE(93, ReleaseStatus);
    TAKE(95, ReleaseSession);
    TAKE(96, ReleaseValue);
    TAKE(97, ReleaseRunOptions);
    TAKE(98, ReleaseTypeInfo);
    TAKE(100, ReleaseSessionOptions);
    TAKE(130, AddSessionConfigEntry);
    TAKE(196, SessionOptionsSetCustomCreateThreadFn);
    TAKE(198, SessionOptionsSetCustomJoinThreadFn);
    TAKE(252, GetResizedStringTensorElementBuffer);
    TAKE(414, GetTensorElementTypeAndShapeDataReference);
}

ORTOpenResult ORTOpen(const char *path, ORTFunctions *functions, const char **version) {
    *version = NULL;
    void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (!library) return ORTOpenNotLoaded;
    const OrtApiBase *(*get_base)(void) = (const OrtApiBase *(*)(void))dlsym(library, "OrtGetApiBase");
    const OrtApiBase *base = get_base ? get_base() : NULL;
    if (!base) return ORTOpenNotTheLibrary;
    *version = base->GetVersionString();
    // Release 1.N has table version N. Asked for one it does not know, the library writes to standard error: do not ask.
    unsigned major = 0, minor = 0;
    if (!*version || sscanf(*version, "%u.%u", &major, &minor) != 2) return ORTOpenNotTheLibrary;
    if (major < 1 || (major == 1 && minor < ORT_TABLE_VERSION)) return ORTOpenTooOld;
    const void *const *slots = base->GetApi(ORT_TABLE_VERSION);
    if (!slots) return ORTOpenTooOld;
    take_slots(slots, functions);
    return ORTOpenSucceeded;
}
