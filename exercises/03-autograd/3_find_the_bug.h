// A backpropagation engine for single numbers. Values are named by their place
// in the record; each is made from values with smaller places.
//
//     Engine e = {0};
//     int a = number(&e, 3);
//     int y = times(&e, a, a);    // e.value[y].val is 9
//     slopes(&e, y);              // e.value[a].grad is the slope of y in a
#ifndef EXERCISE_03_3_H
#define EXERCISE_03_3_H

enum { ENGINE_MOST = 64 };

typedef enum Kind { NUMBER, PLUS, TIMES, SQUEEZE } Kind;

typedef struct Value {
    Kind kind;
    double val, grad;
    int a, b; // what it was made from; 0 where there is nothing
} Value;

typedef struct Engine {
    int n;
    Value value[ENGINE_MOST]; // in the order in which they were made
} Engine;

int number(Engine *e, double val);
int plus(Engine *e, int a, int b);
int times(Engine *e, int a, int b);
int squeeze(Engine *e, int a); // tanh

// Sets the grad of each value: how fast value `of` grows when that one does.
// Values that `of` was not made from get 0.
void slopes(Engine *e, int of);

#endif
