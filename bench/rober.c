/* Robertson's kinetics to t = 1e5 by SUNDIALS: CVODE's BDF and ARKODE's ESDIRK, dense, with the exact Jacobian, rtol 1e-3, atol 1e-6.
 * Prints a line for each that does not fail: name, quartiles of the seconds of a whole solve (with its set-up) by thread CPU time, steps, and the largest
 * error over atol + rtol |y|. Build: cc -O2 rober.c -lsundials_cvode -lsundials_arkode -lsundials_nvecserial
 * -lsundials_sunmatrixdense -lsundials_sunlinsoldense -lm */
#include <arkode/arkode_arkstep.h>
#include <cvode/cvode.h>
#include <math.h>
#include <nvector/nvector_serial.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sunlinsol/sunlinsol_dense.h>
#include <sunmatrix/sunmatrix_dense.h>
#include <time.h>

enum { SAMPLES = 40, CALLS = 25 };

static const double relative = 1e-3, absolute = 1e-6, end = 1e5;
/* by an implicit method at 1e-13; the same digits as Hairer and Wanner, Solving Ordinary Differential Equations II, IV.10 */
static const double truth[3] = { 0.01786592114211275, 7.274751468441875e-08, 0.9821340061103706 };

static int field(realtype t, N_Vector y, N_Vector slope, void *user)
{
    realtype *a = NV_DATA_S(y), *s = NV_DATA_S(slope);
    realtype first = 0.04 * a[0], second = 1e4 * a[1] * a[2], third = 3e7 * a[1] * a[1];
    s[0] = second - first;
    s[1] = first - second - third;
    s[2] = third;
    return 0;
}

static int jacobian(realtype t, N_Vector y, N_Vector f, SUNMatrix m, void *user, N_Vector x, N_Vector v, N_Vector w)
{
    realtype *a = NV_DATA_S(y);
    SM_ELEMENT_D(m, 0, 0) = -0.04;
    SM_ELEMENT_D(m, 0, 1) = 1e4 * a[2];
    SM_ELEMENT_D(m, 0, 2) = 1e4 * a[1];
    SM_ELEMENT_D(m, 1, 0) = 0.04;
    SM_ELEMENT_D(m, 1, 1) = -1e4 * a[2] - 6e7 * a[1];
    SM_ELEMENT_D(m, 1, 2) = -1e4 * a[1];
    SM_ELEMENT_D(m, 2, 0) = 0;
    SM_ELEMENT_D(m, 2, 1) = 6e7 * a[1];
    SM_ELEMENT_D(m, 2, 2) = 0;
    return 0;
}

static double seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return t.tv_sec + 1e-9 * t.tv_nsec;
}

static long cvode(N_Vector y, SUNMatrix a, SUNLinearSolver solver, SUNContext context)
{
    long steps = -1;
    realtype t;
    void *m = CVodeCreate(CV_BDF, context);
    CVodeInit(m, field, 0, y);
    CVodeSetErrFile(m, NULL);
    CVodeSStolerances(m, relative, absolute);
    CVodeSetLinearSolver(m, solver, a);
    CVodeSetJacFn(m, jacobian);
    CVodeSetStopTime(m, end);
    CVodeSetMaxNumSteps(m, 100000);
    if (CVode(m, end, y, &t, CV_NORMAL) >= 0)
        CVodeGetNumSteps(m, &steps);
    CVodeFree(&m);
    return steps;
}

static long arkode(N_Vector y, SUNMatrix a, SUNLinearSolver solver, SUNContext context)
{
    long steps = -1;
    realtype t;
    void *m = ARKStepCreate(NULL, field, 0, y, context);
    ARKStepSetErrFile(m, NULL);
    ARKStepSStolerances(m, relative, absolute);
    ARKStepSetLinearSolver(m, solver, a);
    ARKStepSetJacFn(m, jacobian);
    ARKStepSetStopTime(m, end);
    ARKStepSetMaxNumSteps(m, 100000);
    if (ARKStepEvolve(m, end, y, &t, ARK_NORMAL) >= 0)
        ARKStepGetNumSteps(m, &steps);
    ARKStepFree(&m);
    return steps;
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void measure(const char *name, long (*solve)(N_Vector, SUNMatrix, SUNLinearSolver, SUNContext), SUNContext context)
{
    double samples[SAMPLES], error = 0;
    long steps = 0;

    for (int i = -SAMPLES; i < SAMPLES && steps >= 0; i++) {
        double start = seconds();
        for (int k = 0; k < CALLS; k++) {
            N_Vector y = N_VNew_Serial(3, context);
            NV_Ith_S(y, 0) = 1;
            NV_Ith_S(y, 1) = NV_Ith_S(y, 2) = 0;
            SUNMatrix a = SUNDenseMatrix(3, 3, context);
            SUNLinearSolver solver = SUNLinSol_Dense(y, a, context);
            steps = solve(y, a, solver, context);
            error = 0;
            for (int c = 0; c < 3; c++)
                error = fmax(error, fabs(NV_Ith_S(y, c) - truth[c]) / (absolute + relative * fabs(truth[c])));
            SUNLinSolFree(solver);
            SUNMatDestroy(a);
            N_VDestroy(y);
        }
        if (i >= 0)
            samples[i] = (seconds() - start) / CALLS;
    }

    qsort(samples, SAMPLES, sizeof samples[0], ascending);
    if (steps > 0)
        printf("%s %.4g %.4g %.4g %ld %.3g\n", name, samples[SAMPLES / 4], samples[SAMPLES / 2], samples[3 * SAMPLES / 4],
               steps, error);
}

int main(void)
{
    SUNContext context;
    SUNContext_Create(NULL, &context);
    measure("CVODE", cvode, context);
    measure("ARKODE", arkode, context);
    return 0;
}
