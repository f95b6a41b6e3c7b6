#include "12-attention-variants/school.h"
#include "12-attention-variants/endless.h"
#include "common/cli.h"
#include "common/kernels.h"
#include "common/progress.h"
#include <stdio.h>
#include <stdlib.h>
static void run_stream(const School*s,const Gpt*m,const char*n,int window,int sinks,int N){
  Endless*st=endless_new(m,N,window,sinks,1);
  double sum=0;int c=0;double t0=seconds_now();
  printf("%-12s",n);
  for(int i=0;i<N;i++){
    const float*f=endless_read(st,1,i?&s->unseen.at[i]:&s->begin);
    sum+=surprise(f,m->shape.pieces,s->unseen.at[i+1]);c++;
    if((i+1)%(N/10)==0){printf(" %.3f",sum/c);sum=0;c=0;}
  }
  printf("  %.1f us/token, %zu bytes\n",(seconds_now()-t0)/N*1e6,endless_bytes(st));
  endless_free(st);
}
int main(int argc,char**argv){
  Run run={.seed=1};
  int width=64,heads=8,groups=8,layers=3,length=128,texts=8,steps=300,window=0; float rate=3e-3f;
  int stories=3000,pieces=512,sw=64,N=2000,rotary=1;
  Option own[]={{"width","N",OPTION_INT,&width,1,4096,NULL,""},{"heads","N",OPTION_INT,&heads,1,4096,NULL,""},
  {"groups","N",OPTION_INT,&groups,1,4096,NULL,""},{"layers","N",OPTION_INT,&layers,1,4096,NULL,""},
  {"length","N",OPTION_INT,&length,1,4096,NULL,""},{"texts","N",OPTION_INT,&texts,1,4096,NULL,""},
  {"steps","N",OPTION_INT,&steps,1,40960,NULL,""},{"window","N",OPTION_INT,&window,0,4096,NULL,""},
  {"stories","N",OPTION_INT,&stories,1,40960,NULL,""},{"pieces","N",OPTION_INT,&pieces,1,4096,NULL,""},
  {"sw","N",OPTION_INT,&sw,1,4096,NULL,""},{"n","N",OPTION_INT,&N,1,400960,NULL,""},{"rotary","N",OPTION_INT,&rotary,0,1,NULL,""},
  {"rate","X",OPTION_FLOAT,&rate,0,1,NULL,""},{0}};
  cli_parse(argc,argv,"x",own,&run);
  double t0=seconds_now();
  School s=school_new(stories,pieces,length,texts,run.seed);
  printf("school %.1f s: %d tokens, %d unseen, pieces %d\n",seconds_now()-t0,s.learn.n,s.unseen.n,s.bpe.vocab.n);
  GptShape sh={.pieces=s.bpe.vocab.n,.context=length,.width=width,.heads=heads,.groups=groups,.layers=layers,.hidden=4*width,.window=window,.rotary=rotary};
  Gpt m=gpt_new(sh,run.seed+3);
  Curve c=school_train(&s,pupil_of("x",&m),steps,steps/6,rate,NULL);
  printf("%zu params; %.1f s\n",params_numbers(m.params),c.seconds);
  for(int i=0;i<c.n;i++)printf(" %g:%.3f",c.step[i],c.loss[i]);
  puts("");
  run_stream(&s,&m,"full",0,0,N);
  run_stream(&s,&m,"window",sw,0,N);
  run_stream(&s,&m,"1 sink",sw-1,1,N);
  run_stream(&s,&m,"4 sinks",sw-4,4,N);
  run_stream(&s,&m,"w16",16,0,N);
  run_stream(&s,&m,"w12+4",12,4,N);
  return 0;
}
