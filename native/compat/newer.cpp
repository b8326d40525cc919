// What our binaries use and glibc 2.28 or GCC 8's C++ library does not have: definitions of our own, hidden,
// so that nothing else in the process sees them. Newer systems run them too; each does what the library's own
// does.
#include <dlfcn.h>
#include <math.h>
#include <pthread.h>
#include <sys/stat.h>
#include <time.h>

#include <exception>
#include <new>
#include <sstream>

extern "C" {

// glibc 2.32. Where it is not known, std::shared_ptr counts with atomic operations.
char __libc_single_threaded = 0;

// glibc 2.33 exports it; before, each binary held a copy of this line. 1 is x86-64's layout of struct stat.
int old_fxstat(int version, int file, struct stat* status);
asm(".symver old_fxstat, __fxstat@GLIBC_2.2.5");
int fstat(int file, struct stat* status) noexcept { return old_fxstat(1, file, status); }

// glibc 2.29 and 2.35 (hypot) have new versions that leave the old interface's error handler out; the numbers
// are the same.
double old_exp(double), old_log(double), old_pow(double, double), old_hypot(double, double);
asm(".symver old_exp, exp@GLIBC_2.2.5\n"
    ".symver old_log, log@GLIBC_2.2.5\n"
    ".symver old_pow, pow@GLIBC_2.2.5\n"
    ".symver old_hypot, hypot@GLIBC_2.2.5\n");
double exp(double x) noexcept { return old_exp(x); }
double log(double x) noexcept { return old_log(x); }
double pow(double x, double y) noexcept { return old_pow(x, y); }
double hypot(double x, double y) noexcept { return old_hypot(x, y); }

// glibc 2.30. An older one waits by the wall clock only, which may be set while it waits.
int pthread_cond_clockwait(pthread_cond_t* condition, pthread_mutex_t* mutex, clockid_t clock,
                           const struct timespec* until) {
  using Wait = int(pthread_cond_t*, pthread_mutex_t*, clockid_t, const struct timespec*);
  static Wait* const own = reinterpret_cast<Wait*>(dlsym(RTLD_DEFAULT, "pthread_cond_clockwait"));
  if (own) return own(condition, mutex, clock, until);
  struct timespec now, wall;
  clock_gettime(clock, &now);
  clock_gettime(CLOCK_REALTIME, &wall);
  constexpr long kSecond = 1000000000;
  wall.tv_sec += until->tv_sec - now.tv_sec;
  wall.tv_nsec += until->tv_nsec - now.tv_nsec;
  if (wall.tv_nsec < 0) wall.tv_nsec += kSecond, --wall.tv_sec;
  if (wall.tv_nsec >= kSecond) wall.tv_nsec -= kSecond, ++wall.tv_sec;
  return pthread_cond_timedwait(condition, mutex, &wall);
}
}

// What an std::exception_ptr is copied and destroyed with in every version. GCC 11's header does both inline,
// and calls two functions of then instead.
void copy_exception(void* to, const void* from) noexcept asm("_ZNSt15__exception_ptr13exception_ptrC1ERKS0_");
void destroy_exception(void* pointer) noexcept asm("_ZNSt15__exception_ptr13exception_ptrD1Ev");

// GCC 11, but for the constructor of ostringstream, which is GCC 9's.
namespace std {
void __throw_bad_array_new_length() { throw bad_array_new_length(); }
void __exception_ptr::exception_ptr::_M_addref() noexcept {
  void* never_destroyed;
  copy_exception(&never_destroyed, this);
}
void __exception_ptr::exception_ptr::_M_release() noexcept { destroy_exception(this); }
}  // namespace std
template std::basic_ostringstream<char>::basic_ostringstream();
template std::string std::basic_stringbuf<char>::str() const&;

// By the assembler, because what the system's headers have declared visible stays so for the compiler.
asm(".hidden __libc_single_threaded, fstat, exp, log, pow, hypot, pthread_cond_clockwait\n"
    ".hidden _ZSt28__throw_bad_array_new_lengthv\n"
    ".hidden _ZNSt15__exception_ptr13exception_ptr9_M_addrefEv\n"
    ".hidden _ZNSt15__exception_ptr13exception_ptr10_M_releaseEv\n"
    ".hidden _ZNKRSt7__cxx1115basic_stringbufIcSt11char_traitsIcESaIcEE3strEv\n"
    ".hidden _ZNSt7__cxx1119basic_ostringstreamIcSt11char_traitsIcESaIcEEC1Ev\n"
    ".hidden _ZNSt7__cxx1119basic_ostringstreamIcSt11char_traitsIcESaIcEEC2Ev\n");
